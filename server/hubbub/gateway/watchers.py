"""Who watches a hub: told once a second what moved in its rooms, without being in them.

Knows heads and changed states to tell. Refuses to know when: the node's beat calls `tell`.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hubbub.domain import entries, rights
from hubbub.domain.refusals import Refused
from hubbub.domain.state import RoomState
from hubbub.gateway.push import PUSHES_PER_S, Push, pause_seconds
from hubbub.gateway.turns import Turn
from hubbub.protocol import frames
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.log import Glance
from hubbub.roomlog.stands import Section

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.hub import Hub


Heads = dict[str, frames.Head]

_STATE_KINDS = frozenset(kind.encode() for kind in entries.STATE_KINDS)


class Watchers:
    """The watching connections of one hub, and what they have not been told yet."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._hidden_by_connection: dict[GatewayProtocol, set[str]] = {}
        self._heads: Heads = {}
        self._changed: set[str] = set()
        self._next_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._hidden_by_connection)

    def add(self, connection: "GatewayProtocol", hidden: set[str]) -> None:
        """The connection watches from now on; it may not read the rooms `hidden` from it."""
        self._hidden_by_connection[connection] = hidden

    def remove(self, connection: "GatewayProtocol") -> None:
        self._hidden_by_connection.pop(connection, None)
        if not self:
            self._heads.clear()
            self._changed.clear()

    def heard(self, section: Section) -> None:
        """Entries were appended to a room."""
        if not self:
            return
        if b"sanction" in section.kinds and section.room not in self._hub.rooms:
            self._hub.node.spawn(self._look_into(section.room))
        messages = sum(kind == b"message" for kind in section.kinds)
        known = self._heads.get(section.room)
        self._heads[section.room] = frames.Head(section.head, messages + (known.messages if known else 0))
        if _STATE_KINDS.intersection(section.kinds):
            self._changed.add(section.room)

    def room_made(self, room: str) -> None:
        self.state_changed(room)

    def state_changed(self, room: str) -> None:
        """A room's state is another one now."""
        if self:
            self._changed.add(room)

    def recount(self) -> None:
        """Envelopes were missed: every open room's head may have moved."""
        for room in self._hub.rooms.values():
            if self and room.address not in self._heads:
                self._heads[room.address] = frames.Head(room.tail.head, 0)

    async def tell(self) -> None:
        """Pushes what moved since the last time; raises StoreUnavailable or OutcomeUnknown."""
        now = asyncio.get_running_loop().time()
        if not (self._heads or self._changed) or now < self._next_at:
            return
        closed = [room for room in self._changed if room not in self._hub.rooms]
        glances = await self._hub.log.glances(self._hub.name, closed, None)
        heads, self._heads = self._heads, {}
        changed = {room for room in self._changed if room in closed or room in self._hub.rooms}
        self._changed -= changed  # what changed while the store was asked is told the next time
        states = {room: state for room in changed if (state := self._state_of(room, glances)) is not None}
        watching = list(self._hidden_by_connection)
        if len(watching) > PUSHES_PER_S:
            self._next_at = now + pause_seconds(len(watching))
        await self._push(watching, heads, states)

    async def _push(
        self, watching: "Sequence[GatewayProtocol]", heads: Heads, states: Mapping[str, RoomState]
    ) -> None:
        pushes = {room: Push(_changed(room, state)) for room, state in states.items()}
        rooms = {**heads, **states}
        everything = [Push(frames.Heads(hub=self._hub.name, rooms=heads))] if heads else []
        everything += pushes.values()
        sanctioned = self._sanctioned_in(rooms)
        turn = Turn()
        for connection in watching:
            hidden = self._hidden_by_connection.get(connection)
            if hidden is None:
                continue  # watches no longer
            if not hidden and connection.identity.id not in sanctioned:
                mine = everything
            else:
                may_read = {room for room in rooms if self._may_read(connection, room)}
                readable = {room: head for room, head in heads.items() if room in may_read}
                mine = [Push(frames.Heads(hub=self._hub.name, rooms=readable))] if readable else []
                mine += [push for room, push in pushes.items() if room in may_read]
            for push in mine:
                push.to(connection)
            if await turn.pause():
                sanctioned = self._sanctioned_in(rooms)

    def _sanctioned_in(self, rooms: Iterable[str]) -> set[str]:
        """Who may be banned from one of these rooms, or from all."""
        here = [self._hub.rooms[room].state for room in rooms if room in self._hub.rooms]
        in_rooms = {id for state in here for _, id in state.sanctions}
        return in_rooms | {id for _, id in self._hub.state.sanctions}

    def expel_banned(self) -> None:
        """Who may not read the hub any longer watches it no longer."""
        sanctioned = self._sanctioned_in(())
        for connection in list(self._hidden_by_connection) if sanctioned else ():
            if connection.identity.id not in sanctioned:
                continue
            token, now_ms = connection.token_role(self._hub.name), self._hub.node.clock.now_ms()
            who = rights.standing(None, self._hub.state, connection.identity.id, token, now_ms)
            if not rights.is_readable(who):
                self.remove(connection)
                connection.watched -= {self._hub}

    def _state_of(self, room: str, glances: dict[str, Glance]) -> RoomState | None:
        if room in self._hub.rooms:
            return self._hub.rooms[room].state
        glance = glances.get(room)
        return state_of(room, glance) if glance is not None else None

    def _may_read(self, connection: "GatewayProtocol", room: str) -> bool:
        hidden = self._hidden_by_connection.get(connection, set())
        here = self._hub.rooms.get(room)
        if here is not None:
            who = here.standing_of(connection.identity.id, connection.token_role(self._hub.name))
            (hidden.discard if rights.is_readable(who) else hidden.add)(room)
        return room not in hidden

    async def _look_into(self, room: str) -> None:
        """Opens a room that nobody here has open, to learn who was banned from it."""
        try:
            self._hub.release(await self._hub.open(room))
        except (Refused, StoreUnavailable, OutcomeUnknown):
            self._hub.is_suspect = True


def state_of(address: str, glance: Glance) -> RoomState:
    """A room's state as far as a glance tells: without floor and sanctions."""
    bodies = set(glance.meta.values()) - {glance.meta["created"]}
    return RoomState.load(address, glance.meta["created"], bodies)


def _changed(room: str, state: RoomState) -> frames.RoomChanged:
    return frames.RoomChanged(room=room, state=state.card(with_floor=False))
