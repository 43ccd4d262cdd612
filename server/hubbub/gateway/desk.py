"""What HTTP asks of a node: the same questions as the socket's, answered by the same ways.

Knows the calls of `hubbub.web.ports.Node`. Refuses to know routes and status codes (web) and rules
(domain).
"""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from hubbub.domain import cards, entries, limits, rights
from hubbub.domain.identity import Credentials, Role
from hubbub.domain.names import hub_of
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import token_role
from hubbub.domain.state import ModeWord, RoomState
from hubbub.gateway import overview, reading
from hubbub.gateway.commands import ack, pending_of, with_id
from hubbub.gateway.counts import exposition
from hubbub.gateway.hub import read_hub, unknown_room
from hubbub.protocol import frames
from hubbub.protocol.codecs import JSON
from hubbub.roomlog.client import OutcomeUnknown, StoreFault, StoreUnavailable
from hubbub.roomlog.publisher import UNAVAILABLE, Outcome

if TYPE_CHECKING:
    from hubbub.gateway.node import Node


class Desk:
    """A node as its web side sees it; every call ends in time and raises Refused."""

    def __init__(self, node: "Node") -> None:
        self._node = node

    @property
    def is_ready(self) -> bool:
        """Started, and not draining."""
        return self._node.is_ready

    async def store_answers(self) -> bool:
        """Whether the store answers now."""
        try:
            await self._node.store.command("PING")
        except (StoreUnavailable, OutcomeUnknown, StoreFault):
            return False
        return True

    def metrics(self) -> str:
        """The node's numbers, in the text format of Prometheus."""
        return exposition(self._node)

    def refused(self, code: Code) -> None:
        """Counts a refusal that HTTP has told."""
        self._node.counts.refused[code.value] += 1

    async def execute(self, caller: Credentials, command: frames.Append) -> frames.Ack:
        """Carries out a command that appends; raises Refused."""
        if caller.expires_at_ms <= self._node.clock.now_ms():
            raise Refused(Refusal(Code.UNAUTHORIZED, "The token has expired."))
        command = with_id(command)
        room = await self._asked(reading.held_room(self._node, caller, command.room))
        refusal = self._node.rate_refusal(caller.identity.id)
        if refusal is not None:
            room.hub.release(room)
            raise Refused(refusal)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(settled: Outcome) -> None:
            room.hub.release(room)
            if not outcome.done():
                outcome.set_result(settled)

        room.hub.submit(room, pending_of(caller, command, settle))
        settled = await outcome
        if isinstance(settled, Refusal):
            raise Refused(settled, command.id if settled.code is Code.UNKNOWN_OUTCOME else None)
        return ack(command, settled)

    async def history(self, caller: Credentials, command: frames.History) -> frames.HistoryPage:
        """A page of a room's log as JSON; raises Refused."""
        page: frames.HistoryPage = await self._asked(reading.history(self._node, caller, command, JSON))
        return page

    async def hubs(self, caller: Credentials) -> list[cards.HubCard]:
        """The hubs that there are, and the caller's role in each; without those they are banned from."""
        shown: list[cards.HubCard] = []
        for name in await self._asked(self._node.log.hubs()):
            state = await self._asked(read_hub(self._node.log, name))
            if state is None:
                continue
            token, now_ms = token_role(caller, name), self._node.clock.now_ms()
            who = rights.standing(None, state, caller.identity.id, token, now_ms)
            if rights.is_readable(who):
                shown.append({"hub": name, "role": who.role.word, "rooms": len(state.rooms)})
        return shown

    async def rooms(self, caller: Credentials, hub: str) -> list[frames.RoomCard]:
        """The rooms of a hub as `watching` shows them; raises Refused."""
        held = await self._asked(self._node.hub(hub))
        try:
            _, listed = await self._asked(overview.rooms_of(self._node, caller, held))
        finally:
            held.holders -= 1
        return list(listed)

    async def create_room(
        self,
        caller: Credentials,
        hub: str,
        room: str,
        title: str,
        mode: ModeWord,
        topic: str | None,
        discussion: str | None,
    ) -> cards.RoomState:
        """Makes a room, if the caller owns the hub; returns its state. Raises Refused."""
        held = await self._asked(self._node.hub(hub))
        try:
            await self._asked(held.refresh())
            refusal = rights.role_refusal(overview.admitted(held, caller), Role.OWNER, "Making a room")
            if refusal is not None:
                raise Refused(refusal)
            if discussion is not None and discussion not in held.state.rooms:
                raise Refused(Refusal(Code.UNKNOWN_ROOM, f"discussion: there is no room {discussion}."))
            fields = {"kind": "created", "by": caller.identity.card(), "title": title, "mode": mode}
            fields |= {"topic": topic} if topic else {}
            fields |= {"discussion": discussion} if discussion else {}
            body = entries.rest(fields)
            change, now_ms = await self._asked(self._node.log.create_room(room, body))
            if change == "exists":
                raise Refused(Refusal(Code.EXISTS, f"There is a room {room} already."))
        finally:
            held.holders -= 1
        created = b'{"seq":0,"at":%d,' % now_ms + body
        return RoomState.created(room, created).card()

    async def admit_owner(self, caller: Credentials, room: str, deed: str) -> None:
        """Returns if the caller owns the hub of a room that is there; raises Refused."""
        held = await self._asked(self._node.hub(hub_of(room)))
        try:
            await self._asked(held.refresh())
            refusal = rights.role_refusal(overview.admitted(held, caller), Role.OWNER, deed)
            if refusal is None and room not in held.state.rooms:
                refusal = unknown_room(room).refusal
            if refusal is not None:
                raise Refused(refusal)
        finally:
            held.holders -= 1

    @staticmethod
    async def _asked(work: Awaitable[Any]) -> Any:
        """What the store answers in time; its silence as a refusal."""
        try:
            async with asyncio.timeout(limits.STORE_SECONDS):
                return await work
        except (StoreUnavailable, OutcomeUnknown, TimeoutError):
            raise Refused(UNAVAILABLE) from None
