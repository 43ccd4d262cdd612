"""What a fake hub answers to a bot's questions: hello, rooms, pages of a log, people.

Knows the world and whom it answers. Refuses to change anything.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hubbub.domain import limits
from hubbub.domain.cards import Present
from hubbub.domain.identity import Credentials, Role
from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import Standing, role_refusal
from hubbub.domain.state import HubState
from hubbub.protocol import frames
from hubbub.testing.world import EPOCH, FakeRoom, World

Frame = dict[str, Any]


class Replies:
    """The answers of one world to one identity; they raise Refused."""

    def __init__(self, world: World, reader: Credentials) -> None:
        self._world = world
        self._reader = reader

    def to(self, command: frames.ClientFrame) -> Any:
        """The reply to a command; None where none is due."""
        match command:
            case frames.Hello(ref=ref):
                return frames.Welcome(
                    ref=ref, identity=self._reader.identity.card(), node="n-fake", version="1",
                    server_time=self._world.now_ms, ping_ms=25_000,
                    limits=Limits(publish_burst=None, publish_per_s=None), features=(),
                )  # fmt: skip
            case frames.Join():
                return self._joined(command)
            case frames.History():
                return self._history(command)
            case frames.Who():
                return self._who(command)
            case frames.Watch():
                return self._watching(command)
            case frames.Unwatch(ref=ref):
                return frames.Ack(ref=ref)
            case frames.People():
                return self._people(command)
            case frames.Ping(ref=ref):
                return frames.PongReply(ref=ref)
            case _:
                return None

    def card(self, address: str, who: Credentials) -> Present:
        """Somebody who is in a room, with their role there."""
        standing = self._world.standing(self._world.rooms[address], who)
        return {**who.identity.card(), "role": standing.role.word}

    def may_see_names(self, address: str) -> bool:
        """Whether the reader is told who is in a room."""
        room = self._world.rooms[address]
        if len(room.people) > limits.PRESENCE_NAMES_PEOPLE:
            return False
        is_agora = room.state.mode == "agora"
        return is_agora or self._world.standing(room, self._reader).role >= Role.MODERATOR

    def _joined(self, command: frames.Join) -> frames.Joined:
        room = self._world.room(command.room, self._reader)
        after = command.after
        is_whole = after is not None and after.epoch == EPOCH and after.seq <= room.seq
        listed = (
            room.log[after.seq :]
            if after and is_whole
            else self._page(room, room.seq - command.limit, room.seq)
        )
        who = self._world.standing(room, self._reader)
        return frames.Joined(
            ref=command.ref, room=command.room, state=_raw(room.state.card()), role=who.role.word,
            rights=self._world.rights(room, self._reader), epoch=EPOCH, seq=room.seq, first=1,
            recovered=is_whole, entries=_raw(listed), present=len(room.people) or 1,
        )  # fmt: skip

    def _history(self, command: frames.History) -> frames.HistoryPage:
        room = self._world.room(command.room, self._reader)
        if command.after is not None:
            first, last = command.after, min(command.after + command.limit, room.seq)
        else:
            last = min(command.before - 1, room.seq) if command.before is not None else room.seq
            first = max(last - command.limit, 0)
        more = last < room.seq if command.after is not None else first > 0
        return frames.HistoryPage(
            ref=command.ref, room=command.room, epoch=EPOCH, as_of=room.seq, first=1,
            entries=[_raw(entry) for entry in self._page(room, first, last)], more=more,
        )  # fmt: skip

    def _who(self, command: frames.Who) -> frames.WhoPage:
        people = self._world.room(command.room, self._reader).people
        names = [self.card(command.room, who) for who in people.values()]
        shown = names if self.may_see_names(command.room) else None
        return frames.WhoPage(ref=command.ref, room=command.room, count=len(people), more=False, who=shown)

    def _watching(self, command: frames.Watch) -> frames.Watching:
        hub, standing = self._standing_in(command.hub)
        cards = []
        for address in sorted(hub.rooms):
            try:
                room = self._world.room(address, self._reader)
            except Refused:  # a list leaves out what one may not read
                continue
            count = sum(entry["kind"] == "message" for entry in room.log)
            state = room.state.card(with_floor=False)
            cards.append(frames.RoomCard(address, state, room.seq, len(room.people), min(count, 1_000)))
        return frames.Watching(ref=command.ref, hub=hub.name, role=standing.role.word, rooms=cards)

    def _people(self, command: frames.People) -> frames.PeoplePage:
        hub, standing = self._standing_in(command.hub)
        if command.of == "roles":
            rows: list[Frame] = [
                {**grant.entry["subject"], "role": grant.role.word}
                for _, grant in sorted(hub.grants.items())
                if grant.role > Role.PARTICIPANT
            ]
        else:
            refusal = role_refusal(standing, Role.MODERATOR, "Listing sanctions")
            if refusal is not None:
                raise Refused(refusal)
            rooms = [self._world.rooms[address].state for address in sorted(hub.rooms)]
            states = [hub.sanctions, *(room.sanctions for room in rooms)]
            found = [one for sanctions in states for one in sanctions.values()]
            names = ("action", "scope", "reason", "until", "by", "at", "seq")
            rows = [
                {**one.entry["subject"], "room": one.room}
                | {name: one.entry[name] for name in names if name in one.entry}
                for one in found
                if one.is_in_force(self._world.now_ms)
            ]
        return frames.PeoplePage(ref=command.ref, hub=hub.name, of=command.of, people=rows, more=False)

    def _standing_in(self, name: str) -> tuple[HubState, Standing]:
        hub = self._world.hubs.get(name)
        if hub is None:
            raise Refused(Refusal(Code.UNKNOWN_ROOM, f"There is no hub {name}."))
        return hub, self._world.standing(self._world.rooms[min(hub.rooms)], self._reader)

    def _page(self, room: FakeRoom, first: int, last: int) -> list[Frame]:
        reader = self._reader.identity.id
        return [room.folded(seq, reader) for seq in range(max(first, 0) + 1, last + 1)]


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
