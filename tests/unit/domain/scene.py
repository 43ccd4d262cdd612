"""A hub with two rooms, its people and its clock: decisions take effect here as they do in the log.

Knows which field of which map an entry sets, as the store is told by a decision. Refuses to know the
rules: those are what is tested.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from hubbub.domain import decide, entries
from hubbub.domain.decision import Case, Decision, Subject, Target, Where
from hubbub.domain.identity import Identity, Role
from hubbub.domain.refusals import Code, Refusal
from hubbub.domain.rights import TokenRole
from hubbub.domain.state import HubState, ModeWord, RoomState

AGORA, NEWS = "place/agora", "place/news"
START_MS = 1_800_000_000_000
MINUTE_MS = 60_000

AMINA = Identity("u:amina", "Amina")
BILAL = Identity("u:bilal", "Bilal")
SPEAKER = Identity("u:sam", "Sam")
MODERATOR = Identity("u:mo", "Mo")
MODERATOR_2 = Identity("u:mia", "Mia")
OWNER = Identity("u:ola", "Ola")

GRANTED = {
    SPEAKER.id: Role.SPEAKER,
    MODERATOR.id: Role.MODERATOR,
    MODERATOR_2.id: Role.MODERATOR,
    OWNER.id: Role.OWNER,
}


def stamped(seq: int, at_ms: int, fields: dict[str, Any]) -> bytes:
    """The body of an entry, as the store splices it together."""
    return b'{"seq":%d,"at":%d,' % (seq, at_ms) + entries.rest(fields)


def _created(mode: ModeWord, more: dict[str, Any]) -> bytes:
    return stamped(0, START_MS, {"kind": "created", "by": OWNER.card(), "mode": mode, **more})


def _granted(identity_id: str, role: Role) -> bytes:
    subject = Identity(identity_id).card()
    fields = {"kind": "role", "by": OWNER.card(), "subject": subject, "role": role.word, "reason": "start"}
    return b"- " + stamped(0, START_MS, fields)


@dataclass
class Scene:
    """One room in `mode`; NEWS names AGORA as its discussion room. `kept` is what the store would keep."""

    mode: ModeWord = "agora"
    address: str = AGORA
    settings: dict[str, Any] = field(default_factory=dict)
    now_ms: int = START_MS + MINUTE_MS
    seq: int = 0
    granted: dict[str, Role] = field(default_factory=lambda: dict(GRANTED))
    discussion: RoomState | None = None
    edit_ms: int | None = None

    def __post_init__(self) -> None:
        self.created = _created(self.mode, self.settings)
        self.room = RoomState.created(self.address, self.created)
        self.kept: dict[Where, dict[str, bytes]] = {
            "meta": {}, "floor": {}, "sanctions": {}, "hub_sanctions": {},
            "roles": {id: _granted(id, role) for id, role in self.granted.items()},
        }  # fmt: skip
        self.hub = self.loaded_hub()
        self.token_by_id: dict[str, TokenRole] = {}

    def case(self, actor: Identity, *, at_ms: int | None = None) -> Case:
        """What a node would decide upon for this actor."""
        return Case(
            now_ms=self.now_ms if at_ms is None else at_ms,
            room=self.room,
            hub=self.hub,
            actor=actor,
            token=self.token_by_id.get(actor.id),
            discussion=self.discussion,
            edit_ms=self.edit_ms,
        )

    def subject(self, identity: Identity) -> Subject:
        return Subject(identity, self.token_by_id.get(identity.id))

    def apply(self, decision: Decision) -> entries.Entry:
        """Appends what was decided, keeps its body by field as the store does, and gives the entry."""
        assert decision.refusal is None, decision.refusal
        self.seq += 1
        body = stamped(self.seq, self.now_ms, decision.fields)
        entry = entries.decode(body)
        self.room, self.hub = self.room.after(entry, body), self.hub.after(entry, self.address)
        for where, name in decision.sets:
            is_hubs = where in ("roles", "hub_sanctions")
            self.kept[where][name] = self.address.encode() + b" " + body if is_hubs else body
        for where, name in decision.drops:
            self.kept[where].pop(name, None)
        if decision.drops_floor:
            self.kept["floor"].clear()
        return entry

    def loaded_room(self) -> RoomState:
        """The room's state as a node loads it from what the store kept."""
        bodies = [body for where in ("meta", "floor", "sanctions") for body in self.kept[where].values()]
        return RoomState.load(self.address, self.created, bodies)

    def loaded_hub(self) -> HubState:
        roles, sanctions = self.kept["roles"].values(), self.kept["hub_sanctions"].values()
        return HubState.load("place", frozenset({AGORA, NEWS}), roles, sanctions)

    def passes(self, ms: int) -> None:
        self.now_ms += ms

    def message(self, author: Identity, text: str = "Bonjour") -> Target:
        """A message of somebody, as a command about it finds it; written now."""
        self.seq += 1
        fields = {"kind": "message", "id": f"m{self.seq}", "by": author.card(), "text": text}
        return Target(entries.decode(stamped(self.seq, self.now_ms, fields)))


def sanctioned(
    scene: Scene,
    action: Literal["mute", "unmute", "ban", "unban"],
    who: Identity = AMINA,
    *,
    scope: Literal["room", "hub"] = "room",
    for_ms: int | None = None,
) -> entries.Entry:
    """The owner's sanction, in force from now on; gives its entry."""
    return scene.apply(
        decide.sanction(
            scene.case(OWNER),
            action=action,
            subject=scene.subject(who),
            scope=scope,
            reason="spam",
            until=scene.now_ms + for_ms if for_ms is not None else None,
        )
    )


def given_the_floor(scene: Scene, who: Identity = AMINA) -> entries.Entry:
    """The floor, given by the owner; gives its entry."""
    return scene.apply(
        decide.floor(scene.case(OWNER), action="give", subject=scene.subject(who), reason=None)
    )


def refusal_of(decision: Decision) -> Refusal:
    """The refusal of a decision, which then has nothing else to do."""
    assert decision.refusal is not None, decision.fields
    assert not decision.fields
    assert not (decision.sets or decision.drops or decision.raises or decision.erase)
    return decision.refusal


def code_of(decision: Decision) -> Code | None:
    return decision.refusal.code if decision.refusal is not None else None
