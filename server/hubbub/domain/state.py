"""The state of a room and of a hub: a fold over the entries that change it.

Knows modes, settings, floor, sanctions and roles as entries made them. Refuses to know rights (what
follows from a state) and where the entries come from. Every state is a value; a fold gives a new one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from hubbub.domain import cards, entries, fields, limits
from hubbub.domain.entries import Entry
from hubbub.domain.identity import Role

ModeWord = fields.ModeWord
Key = tuple[str, str]
"""(`mute` or `ban`, an identity's id)."""


@dataclass(frozen=True, slots=True)
class Sanction:
    """A mute or ban in force until it is lifted or its time has come."""

    entry: Entry
    room: str

    @property
    def until_ms(self) -> int | None:
        return self.entry.get("until")

    def is_in_force(self, now_ms: int) -> bool:
        return self.until_ms is None or now_ms < self.until_ms

    @property
    def rule(self) -> dict[str, Any]:
        """The entry with its room, as a refusal shows it."""
        return {**self.entry, "room": self.room}


@dataclass(frozen=True, slots=True)
class Turn:
    """The last that happened to somebody's wish to speak; `body` is the floor field in the store."""

    entry: Entry
    body: bytes

    @property
    def is_asked(self) -> bool:
        return bool(self.entry["action"] == "ask")

    @property
    def is_given(self) -> bool:
        return bool(self.entry["action"] == "give")

    @property
    def may_ask_at_ms(self) -> int:
        """When one may ask again after a refusal, a withdrawal or the loss of the floor."""
        return int(self.entry["at"]) + limits.FLOOR_RETRY_SECONDS * 1000

    @property
    def card(self) -> cards.Turn:
        subject = self.entry["subject"]
        shown = {name: subject[name] for name in ("id", "name") if name in subject}
        reason = {"reason": self.entry["reason"]} if "reason" in self.entry and self.is_asked else {}
        return cast(cards.Turn, {**shown, "at": self.entry["at"], **reason})


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as its log has left it."""

    address: str
    mode_entry: Entry
    base_mode: ModeWord
    title: str | None = None
    topic: str | None = None
    discussion: str | None = None
    slow_ms: int = 0
    turn_by_identity: Mapping[str, Turn] = field(default_factory=dict)
    sanctions: Mapping[Key, Sanction] = field(default_factory=dict)

    @property
    def mode(self) -> ModeWord:
        mode: ModeWord = self.mode_entry["mode"]
        return mode

    @property
    def until_ms(self) -> int | None:
        """When the room returns to its base mode; None if the mode stays."""
        return self.mode_entry.get("until")

    def has_floor(self, identity_id: str) -> bool:
        turn = self.turn_by_identity.get(identity_id)
        return turn is not None and turn.is_given

    @classmethod
    def created(cls, address: str, body: bytes) -> "RoomState":
        """The starting value, from what the room was created with."""
        entry = entries.decode(body)
        made: Entry = {**entry, "reason": "created"}
        return cls(
            address,
            made,
            entry["mode"],
            title=entry.get("title"),
            topic=entry.get("topic"),
            discussion=entry.get("discussion"),
        )

    @classmethod
    def load(cls, address: str, created: bytes, bodies: Iterable[bytes]) -> "RoomState":
        """The fold over the bodies that still count, which the store keeps by field, in any order."""
        state = cls.created(address, created)
        for entry, body in sorted(
            ((entries.decode(b), b) for b in set(bodies)), key=lambda pair: pair[0]["seq"]
        ):
            state = state.after(entry, body)
        return state

    def after(self, entry: Entry, body: bytes) -> "RoomState":
        """The state behind one more entry; kinds that change no room's state leave it as it is."""
        match entry["kind"]:
            case entries.MODE:
                return self._after_mode(entry)
            case entries.SETTINGS:
                return self._after_settings(entry)
            case entries.SANCTION if entry["scope"] == "room":
                return self._after_sanction(entry)
            case entries.FLOOR:
                turns = {**self.turn_by_identity, entry["subject"]["id"]: Turn(entry, body)}
                return replace(self, turn_by_identity=turns)
            case _:
                return self

    def _after_mode(self, entry: Entry) -> "RoomState":
        base = self.base_mode if "until" in entry else entry["mode"]
        turns = self.turn_by_identity if entry["mode"] == entry["previous"] else {}
        return replace(self, mode_entry=entry, base_mode=base, turn_by_identity=turns)

    def _after_settings(self, entry: Entry) -> "RoomState":
        texts = ("title", "topic", "discussion")
        changed: dict[str, Any] = {name: entry[name] or None for name in texts if name in entry}
        if "slow_ms" in entry:
            changed["slow_ms"] = entry["slow_ms"]
        return replace(self, **changed)

    def _after_sanction(self, entry: Entry) -> "RoomState":
        subject_id = entry["subject"]["id"]
        sanctions = _sanctioned(self.sanctions, entry, self.address)
        turns = self.turn_by_identity
        if entry["action"] in ("mute", "ban"):
            turns = {id: turn for id, turn in turns.items() if id != subject_id}
        return replace(self, sanctions=sanctions, turn_by_identity=turns)

    def card(self, with_floor: bool = True) -> cards.RoomState:
        """The state as the wire shows it; what is not set is absent."""
        named: dict[str, Any] = {
            "title": self.title,
            "topic": self.topic,
            "mode": self.mode,
            "base_mode": self.base_mode,
            "mode_since": self.mode_entry["at"],
            "mode_by": self.mode_entry["by"],
            "mode_reason": self.mode_entry["reason"],
            "mode_until": self.until_ms,
            "discussion": self.discussion,
            "slow_ms": self.slow_ms or None,
        }
        shown = {name: value for name, value in named.items() if value is not None}
        return cast(cards.RoomState, {**shown, "floor": self.floor_card()} if with_floor else shown)

    def floor_card(self) -> cards.FloorLists:
        """Who asked and who was given the floor, oldest first, at most 200 each."""
        turns = sorted(self.turn_by_identity.values(), key=lambda turn: int(turn.entry["seq"]))
        return {
            "asked": [turn.card for turn in turns if turn.is_asked][: limits.FLOOR_LIST],
            "given": [turn.card for turn in turns if turn.is_given][: limits.FLOOR_LIST],
        }


@dataclass(frozen=True, slots=True)
class Grant:
    """A role granted in the store, and the entry that granted it."""

    entry: Entry
    room: str

    @property
    def role(self) -> Role:
        return Role.of(self.entry["role"])


@dataclass(frozen=True, slots=True)
class HubState:
    """A hub's rooms, granted roles and sanctions of scope hub."""

    name: str
    rooms: frozenset[str] = frozenset()
    grants: Mapping[str, Grant] = field(default_factory=dict)
    sanctions: Mapping[Key, Sanction] = field(default_factory=dict)

    @classmethod
    def load(
        cls, name: str, rooms: frozenset[str], roles: Iterable[bytes], sanctions: Iterable[bytes]
    ) -> "HubState":
        """The fold over bodies that each stand behind the room in whose log they are."""
        state = cls(name, rooms)
        for prefixed in (*roles, *sanctions):
            room, _, body = prefixed.partition(b" ")
            state = state.after(entries.decode(body), room.decode())
        return state

    def after(self, entry: Entry, room: str) -> "HubState":
        """The state behind one more entry of a room of this hub."""
        match entry["kind"]:
            case entries.ROLE:
                return replace(self, grants={**self.grants, entry["subject"]["id"]: Grant(entry, room)})
            case entries.SANCTION if entry["scope"] == "hub":
                return replace(self, sanctions=_sanctioned(self.sanctions, entry, room))
            case _:
                return self

    @property
    def owners(self) -> int:
        """How many owners were granted."""
        return sum(grant.role == Role.OWNER for grant in self.grants.values())


def _sanctioned(sanctions: Mapping[Key, Sanction], entry: Entry, room: str) -> Mapping[Key, Sanction]:
    key = (entry["action"].removeprefix("un"), entry["subject"]["id"])
    if entry["action"].startswith("un"):
        return {known: sanction for known, sanction in sanctions.items() if known != key}
    return {**sanctions, key: Sanction(entry, room)}
