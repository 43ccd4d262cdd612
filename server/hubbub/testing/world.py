"""A hub in memory: rooms whose logs are lists, and the rules of the real one.

Knows how to keep a log and to tell what became of a command; every decision is the domain's. Refuses to know
connections. Not a server: nothing is stored, bounded or fast, and one event loop has it to itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import UNSET

from hubbub.domain import decide, entries, limits
from hubbub.domain.cards import RightsCard
from hubbub.domain.decision import Case, Decision, Subject, Target
from hubbub.domain.entries import Entry
from hubbub.domain.identity import SYSTEM, Credentials, Identity, Role
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import Standing, ban_refusal, may_publish, rights_card, standing, token_role
from hubbub.domain.state import HubState, ModeWord, RoomState
from hubbub.protocol import frames

EPOCH = "fake"
BEGINS_AT_MS = 1_700_000_000_000
"""The clock's first reading; it moves only when it is turned."""


@dataclass
class FakeRoom:
    """One room: its state, and its log as folded bodies by `seq - 1`."""

    state: RoomState
    log: list[Entry] = field(default_factory=list)
    edits: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    reactors: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    seq_by_command: dict[tuple[str, str], int] = field(default_factory=dict)
    spoke_at_ms: dict[str, int] = field(default_factory=dict)
    people: dict[str, Credentials] = field(default_factory=dict)

    @property
    def seq(self) -> int:
        """The newest one."""
        return len(self.log)

    def message(self, seq: int) -> Entry | None:
        """A message that is there and not removed."""
        entry = self.log[seq - 1] if 0 < seq <= self.seq else None
        return entry if entry is not None and entry["kind"] == entries.MESSAGE else None

    def folded(self, seq: int, reader: str) -> Entry:
        """An entry as a page shows it to a reader."""
        entry = self.log[seq - 1]
        if entry["kind"] != entries.MESSAGE:
            return entry
        newest = self.log[self.edits[seq][-1] - 1] if self.edits[seq] else None
        changed = {"text": newest["text"], "edited": newest["at"]} if newest else {}
        who_by_emoji = {emoji: who for (target, emoji), who in self.reactors.items() if target == seq and who}
        counts = {emoji: len(who) for emoji, who in who_by_emoji.items()}
        mine = [emoji for emoji, who in who_by_emoji.items() if reader in who]
        return (
            {**entry, **changed}
            | ({"reactions": counts} if counts else {})
            | ({"mine": mine} if mine else {})
        )


class World:
    """The rooms of one or more hubs, and a clock that one can turn. Commands raise Refused."""

    def __init__(self, rooms: Mapping[str, ModeWord]) -> None:
        self.now_ms = BEGINS_AT_MS
        self.rooms: dict[str, FakeRoom] = {}
        self.hubs: dict[str, HubState] = {}
        self.seen: dict[str, Credentials] = {}
        for address, mode in rooms.items():
            self.make_room(address, mode)

    def make_room(self, address: str, mode: ModeWord, discussion: str | None = None) -> None:
        """A room with the last part of its address as title."""
        made = {"kind": "created", "seq": 0, "at": self.now_ms, "by": SYSTEM.card(), "mode": mode}
        made |= {"title": address.partition("/")[2]} | ({"discussion": discussion} if discussion else {})
        self.rooms[address] = FakeRoom(RoomState.created(address, entries.encode(made)))
        name = address.partition("/")[0]
        hub = self.hubs.get(name, HubState(name))
        self.hubs[name] = HubState(name, hub.rooms | {address}, hub.grants, hub.sanctions)

    def room(self, address: str, credentials: Credentials) -> FakeRoom:
        """A room that this identity may read."""
        room = self.rooms.get(address)
        if room is None:
            raise Refused(Refusal(Code.UNKNOWN_ROOM, f"There is no room {address}."))
        refusal = ban_refusal(address, self.standing(room, credentials))
        if refusal is not None:
            raise Refused(refusal)
        return room

    def standing(self, room: FakeRoom, credentials: Credentials) -> Standing:
        """What somebody is in a room now."""
        hub = self.hub_of(room)
        return standing(
            room.state, hub, credentials.identity.id, token_role(credentials, hub.name), self.now_ms
        )

    def rights(self, room: FakeRoom, credentials: Credentials) -> RightsCard:
        """The rights card of somebody in a room."""
        discussion = self.rooms.get(room.state.discussion or "")
        is_open = discussion is not None and may_publish(
            discussion.state, self.standing(discussion, credentials)
        )
        return rights_card(room.state, self.standing(room, credentials), is_open)

    def return_to_base(self, room: FakeRoom) -> Entry | None:
        """The entry of `system` that is due in a room, if one is."""
        decision = decide.return_to_base(Case(self.now_ms, room.state, self.hub_of(room), SYSTEM))
        return None if decision.refusal is not None else self._append(room, decision)

    def next_return_ms(self) -> int | None:
        """When the next mode of a room ends by itself."""
        ends = [room.state.until_ms for room in self.rooms.values()]
        return min((end for end in ends if end is not None and end > self.now_ms), default=None)

    def execute(self, credentials: Credentials, command: frames.Append) -> tuple[int, Entry | None]:
        """The seq of a command's entry, and the entry; None where it was a duplicate."""
        room, author = self.room(command.room, credentials), credentials.identity.id
        known = room.seq_by_command.get((author, command.id or ""))
        if known is not None:
            return known, None
        decision = self._decided(room, credentials, command)
        refusal = decision.refusal or self._condition(room, author, decision)
        if refusal is not None:
            raise Refused(refusal)
        entry = self._append(room, decision)
        if command.id is not None:
            room.seq_by_command[author, command.id] = entry["seq"]
        return entry["seq"], entry

    def hub_of(self, room: FakeRoom) -> HubState:
        return self.hubs[room.state.address.partition("/")[0]]

    def _subject(self, identity_id: str, hub: str) -> Subject:
        credentials = self.seen.get(identity_id)
        if credentials is None:
            return Subject(Identity.unseen(identity_id))
        return Subject(credentials.identity, token_role(credentials, hub))

    def _target(self, room: FakeRoom, seq: int) -> Target | None:
        message = room.message(seq)
        if message is None:
            return None
        edits = room.edits[seq]
        return Target(message, ",".join(map(str, edits)).encode(), tuple(room.log[one - 1] for one in edits))

    def _decided(self, room: FakeRoom, credentials: Credentials, command: frames.Append) -> Decision:
        hub = self.hub_of(room)
        discussion = self.rooms.get(room.state.discussion or "")
        case = Case(
            self.now_ms, room.state, hub, credentials.identity, token_role(credentials, hub.name),
            discussion.state if discussion is not None else None, limits.EDIT_MS,
        )  # fmt: skip
        match command:
            case frames.Publish():
                about = self.rooms.get(command.about.room) if command.about else None
                return decide.publish(
                    case, text=command.text, id=command.id or f"fake-{room.seq + 1}",
                    reply_to=command.reply_to,
                    about=(command.about.room, command.about.seq) if command.about else None,
                    about_room=about.state if about else None, is_question=command.question,
                    data=command.data,
                )  # fmt: skip
            case frames.Edit():
                target = self._target(room, command.target)
                return decide.edit(case, target=target, seq=command.target, text=command.text)
            case frames.Remove():
                target = self._target(room, command.target)
                author = self._subject(target.author_id, hub.name) if target is not None else None
                return decide.remove(
                    case, target=target, author=author, seq=command.target, reason=command.reason
                )
            case frames.React():
                return decide.react(case, seq=command.target, emoji=command.emoji, on=command.on)
            case frames.Mode():
                return decide.switch_mode(case, mode=command.mode, reason=command.reason, until=command.until)
            case frames.Settings():
                named = {name: getattr(command, name) for name in ("title", "topic", "discussion", "slow_ms")}
                changes = {name: value for name, value in named.items() if value is not UNSET}
                return decide.change_settings(case, changes=changes)
            case frames.Grant():
                subject = self._subject(command.subject, hub.name)
                return decide.grant(case, subject=subject, role=Role.of(command.role), reason=command.reason)
            case frames.Sanction():
                return decide.sanction(
                    case, action=command.action, subject=self._subject(command.subject, hub.name),
                    scope=command.scope, reason=command.reason, until=command.until,
                )  # fmt: skip
            case frames.Floor():
                subject = self._subject(command.subject or credentials.identity.id, hub.name)
                return decide.floor(case, action=command.action, subject=subject, reason=command.reason)

    def _condition(self, room: FakeRoom, author: str, decision: Decision) -> Refusal | None:
        """What only the log can know."""
        for address, seq in decision.live:
            if self.rooms[address].message(seq) is None:
                return decide.NOTHING_SUCH
        if decision.react is not None:
            seq, emoji, on = decision.react
            if (author in room.reactors.get((seq, emoji), [])) == on:
                return Refusal(Code.NO_CHANGE, "The reaction is like that already.")
        if decision.slow_ms is not None:
            wait_ms = room.spoke_at_ms.get(author, 0) + decision.slow_ms - self.now_ms
            if wait_ms > 0:
                return Refusal(Code.SLOW_MODE, "This room is in slow mode.", retry_ms=wait_ms)
        return None

    def _append(self, room: FakeRoom, decision: Decision) -> Entry:
        entry: Entry = {"seq": room.seq + 1, "at": self.now_ms, **decision.fields}
        room.log.append(entry)
        room.state = room.state.after(entry, entries.encode(entry))
        hub = self.hub_of(room)
        self.hubs[hub.name] = hub.after(entry, room.state.address)
        author = entry["by"]["id"]
        if entry["kind"] == entries.MESSAGE:
            room.spoke_at_ms[author] = self.now_ms
        if entry["kind"] == entries.EDIT:
            room.edits[entry["target"]].append(entry["seq"])
        if decision.react is not None:
            seq, emoji, on = decision.react
            who = room.reactors.setdefault((seq, emoji), [])
            who.append(author) if on else who.remove(author)
        for seq, body in decision.erase:
            room.log[seq - 1] = entries.decode(body)
        return entry
