"""Turns pending commands into items: gathers what a decision reads, then lets the domain decide.

Knows which command needs what (a target, its author, a subject, another room). Refuses to know queues
and answers (publisher) and the rules themselves (domain).
"""

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from hubbub.domain import decide, entries, rights
from hubbub.domain.decision import Case, Decision, Subject, Target
from hubbub.domain.identity import SYSTEM, Credentials, Identity, Role
from hubbub.domain.names import hub_of
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import TokenRole
from hubbub.domain.state import RoomState
from hubbub.gateway.presence import Card
from hubbub.protocol import frames
from hubbub.roomlog.batch import Item
from hubbub.roomlog.publisher import Pending
from hubbub.roomlog.stands import Section

if TYPE_CHECKING:
    from hubbub.gateway.hub import Hub
    from hubbub.gateway.room import Room


class Order(msgspec.Struct, frozen=True):
    """A command with who gives it."""

    credentials: Credentials
    command: frames.Append


class ReturnToBase(msgspec.Struct, frozen=True):
    """The end of a mode whose time has come; nobody gives it."""

    @staticmethod
    def id_in(room: "Room") -> str:
        """The same at every node, so that only the first one's is appended."""
        return f"return {room.state.mode_entry['seq']}"


class Gathered(msgspec.Struct, frozen=True):
    """What the decisions of one batch read besides the rooms' own states, as of `now_ms`.

    `case_by_actor` fills up as they are made: what one actor finds in one room is the same for all that
    they sent.
    """

    now_ms: int
    target_by_place: Mapping[tuple[str, int], Target | None]
    card_by_identity: Mapping[str, Card | None]
    about_by_room: Mapping[str, Any]  # Room, or None where there is none
    case_by_actor: dict[tuple[str, int], Case] = {}

    def subject(self, identity_id: str) -> Subject:
        card = self.card_by_identity.get(identity_id)
        if card is None:
            return Subject(Identity.unseen(identity_id))
        return Subject(card.identity, card.token)


class Judge:
    """Decides the commands of one hub on what this node knows of it."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    async def decide(self, batch: list[Pending]) -> list[Item]:
        """An item for each pending command; raises StoreUnavailable or OutcomeUnknown."""
        await self._freshen(batch)
        about: dict[str, Room | None] = {}
        try:
            gathered = await self._gather(batch, about)
            return [self._item(pending, gathered) for pending in batch]
        finally:
            for room in about.values():
                if room is not None:
                    self._hub.release(room)

    def appended(self, sections: list[Section]) -> None:
        """Takes what was appended without waiting to hear of it, where nothing is missing before it."""
        for section in sections:
            self._hub.node.counts.appended += len(section.bodies)
            room = self._hub.rooms.get(section.room)
            if room is not None:
                room.take_if_next(section)

    async def _freshen(self, batch: list[Pending]) -> None:
        """Reads on what the store found to be stale, before deciding on it again."""
        stale = [pending for pending in batch if pending.is_stale]
        for address in dict.fromkeys(room for pending in stale for room in _rooms_read(pending)):
            if address in self._hub.rooms:
                await self._hub.rooms[address].catch_up()
        for pending in stale:
            pending.is_stale = False

    async def _gather(self, batch: list[Pending], about: dict[str, "Room | None"]) -> Gathered:
        """Reads what the decisions need; rooms held for it are put into `about`."""
        orders = [pending.command for pending in batch if isinstance(pending.command, Order)]
        commands = [order.command for order in orders if _reads_more(order.command)]
        targets = await self._targets(commands)
        wanted = [target.author_id for target in targets.values() if target is not None]
        wanted += [id for id in (getattr(command, "subject", None) for command in commands) if id]
        identities = list(dict.fromkeys(wanted))
        packed = await self._hub.log.people(self._hub.name, identities)
        cards = {
            id: msgspec.json.decode(card, type=Card) if card is not None else None
            for id, card in zip(identities, packed, strict=True)
        }
        for command in commands:
            announced = command.about.room if isinstance(command, frames.Publish) and command.about else None
            if announced is not None and announced not in about:
                about[announced] = await self._about(announced)
        return Gathered(self._hub.node.clock.now_ms(), targets, cards, about)

    async def _targets(self, commands: Sequence[frames.Append]) -> dict[tuple[str, int], Target | None]:
        places = list(
            dict.fromkeys(
                (command.room, command.target)
                for command in commands
                if isinstance(command, frames.Edit | frames.Remove)
            )
        )
        removed = {(one.room, one.target) for one in commands if isinstance(one, frames.Remove)}
        if not places:
            return {}
        found = await self._hub.log.targets(places)
        edit_places = [
            (room, int(seq))
            for (room, target), (stand, edits) in zip(places, found, strict=True)
            if stand is not None and (room, target) in removed
            for seq in edits.decode().split(",")
            if seq
        ]
        edit_entries = {
            place: entries.decode(stand.body)
            for place, (stand, _) in zip(edit_places, await self._hub.log.targets(edit_places), strict=True)
            if stand is not None
        }
        return {
            (room, seq): _target(room, stand.body, edits, edit_entries)
            if stand is not None and stand.kind == entries.MESSAGE
            else None
            for (room, seq), (stand, edits) in zip(places, found, strict=True)
        }

    async def _about(self, address: str) -> "Room | None":
        if hub_of(address) != self._hub.name:
            return None
        try:
            return await self._hub.open(address)
        except Refused:
            return None

    def _item(self, pending: Pending, gathered: Gathered) -> Item:
        room = self._hub.rooms.get(pending.room)
        if room is None:  # the store has lost it since the command came
            gone = Decision(refusal=Refusal(Code.UNKNOWN_ROOM, f"There is no room {pending.room}."))
            return Item(pending.room, pending.author, pending.id, {}, self._hub.rev, gone)
        order = pending.command
        if isinstance(order, Order):
            decision = self._decision(self._case(room, order, gathered), room, pending, gathered)
        else:
            decision = decide.return_to_base(Case(gathered.now_ms, room.state, self._hub.state, SYSTEM))
        revs = {pending.room: room.rev}
        for other in decision.reads:
            revs[other] = self._hub.rooms[other].rev
        return Item(pending.room, pending.author, pending.id, revs, self._hub.rev, decision)

    def _case(self, room: "Room", order: Order, gathered: Gathered) -> Case:
        key = (room.address, id(order.credentials))
        case = gathered.case_by_actor.get(key)
        if case is None:
            case = gathered.case_by_actor[key] = self._new_case(room, order.credentials, gathered.now_ms)
        return case

    def _new_case(self, room: "Room", credentials: Credentials, now_ms: int) -> Case:
        actor, token = credentials.identity, self._hub.token_role(credentials)
        return Case(
            now_ms=now_ms,
            room=room.state,
            hub=self._hub.state,
            actor=actor,
            token=token,
            discussion=self._readable(room.discussion, actor.id, token),
            edit_ms=self._hub.node.limits.edit_ms,
        )

    def _decision(self, case: Case, room: "Room", pending: Pending, gathered: Gathered) -> Decision:
        order: Order = pending.command
        ends_at = order.credentials.expires_at_ms
        if ends_at <= case.now_ms:
            return Decision(refusal=Refusal(Code.UNAUTHORIZED, "The token has expired."))
        decision = _decide(order.command, _Ruling(self, case, pending, gathered))
        epoch = getattr(order.command, "epoch", None)
        if epoch is not None and epoch != room.tail.epoch and not _comes_before_the_entry(decision.refusal):
            decision = Decision(refusal=decide.NOTHING_SUCH, to_ms=case.who.until_ms)
        return replace(decision, from_ms=case.who.since_ms, to_ms=min(decision.to_ms or ends_at, ends_at))

    @staticmethod
    def _readable(room: "Room | None", identity_id: str, token: TokenRole | None) -> RoomState | None:
        if room is None or not rights.is_readable(room.standing_of(identity_id, token)):
            return None
        return room.state

    def about_state(self, about: frames.About | None, ruling: "_Ruling") -> RoomState | None:
        """The state of an announcement's room, if the actor may read it."""
        if about is None:
            return None
        room = ruling.gathered.about_by_room.get(about.room)
        return self._readable(room, ruling.case.actor.id, ruling.case.token)


def _reads_more(command: frames.Append) -> bool:
    """Whether a decision reads more than the room's own state: for most messages it does not."""
    return not isinstance(command, frames.Publish) or command.about is not None


def _comes_before_the_entry(refusal: Refusal | None) -> bool:
    """Whether a refusal is told rather than that there is no such entry (protocol, section 5)."""
    return refusal is not None and refusal.code in (Code.BANNED, Code.MUTED, Code.ANNOUNCEMENT_ONLY)


class _Ruling(msgspec.Struct, frozen=True):
    """What `_decide` needs for one command."""

    judge: Any  # the Judge; msgspec looks at types when a class is made
    case: Case
    pending: Pending
    gathered: Gathered

    def target(self, command: frames.Edit | frames.Remove) -> Target | None:
        return self.gathered.target_by_place.get((command.room, command.target))


@singledispatch
def _decide(command: Any, ruling: _Ruling) -> Decision:
    raise AssertionError(f"no rule for {type(command).__name__}")


@_decide.register
def _(command: frames.Publish, ruling: _Ruling) -> Decision:
    about = command.about
    return decide.publish(
        ruling.case,
        text=command.text,
        id=ruling.pending.id,
        reply_to=command.reply_to,
        about=(about.room, about.seq) if about is not None else None,
        about_room=ruling.judge.about_state(about, ruling),
        is_question=command.question,
        data=command.data,
    )


@_decide.register
def _(command: frames.Edit, ruling: _Ruling) -> Decision:
    target = ruling.target(command)
    return decide.edit(ruling.case, target=target, seq=command.target, text=command.text)


@_decide.register
def _(command: frames.Remove, ruling: _Ruling) -> Decision:
    target = ruling.target(command)
    author = ruling.gathered.subject(target.author_id) if target is not None else None
    return decide.remove(ruling.case, target=target, author=author, seq=command.target, reason=command.reason)


@_decide.register
def _(command: frames.React, ruling: _Ruling) -> Decision:
    return decide.react(ruling.case, seq=command.target, emoji=command.emoji, on=command.on)


@_decide.register
def _(command: frames.Mode, ruling: _Ruling) -> Decision:
    return decide.switch_mode(ruling.case, mode=command.mode, reason=command.reason, until=command.until)


@_decide.register
def _(command: frames.Settings, ruling: _Ruling) -> Decision:
    named = {name: getattr(command, name) for name in ("title", "topic", "discussion", "slow_ms")}
    changes = {name: value for name, value in named.items() if value is not msgspec.UNSET}
    return decide.change_settings(ruling.case, changes=changes)


@_decide.register
def _(command: frames.Grant, ruling: _Ruling) -> Decision:
    subject = ruling.gathered.subject(command.subject)
    return decide.grant(ruling.case, subject=subject, role=Role.of(command.role), reason=command.reason)


@_decide.register
def _(command: frames.Sanction, ruling: _Ruling) -> Decision:
    return decide.sanction(
        ruling.case,
        action=command.action,
        subject=ruling.gathered.subject(command.subject),
        scope=command.scope,
        reason=command.reason,
        until=command.until,
    )


@_decide.register
def _(command: frames.Floor, ruling: _Ruling) -> Decision:
    if command.subject in (None, ruling.case.actor.id):
        subject = Subject(ruling.case.actor, ruling.case.token)
    else:
        subject = ruling.gathered.subject(command.subject)
    return decide.floor(ruling.case, action=command.action, subject=subject, reason=command.reason)


def _rooms_read(pending: Pending) -> list[str]:
    command = pending.command.command if isinstance(pending.command, Order) else None
    about = getattr(command, "about", None)
    return [pending.room, about.room] if about is not None else [pending.room]


def _target(
    room: str, body: bytes, edits: bytes, edit_entries: Mapping[tuple[str, int], entries.Entry]
) -> Target:
    seqs = [int(seq) for seq in edits.decode().split(",") if seq]
    return Target(
        entries.decode(body),
        edits,
        tuple(edit_entries[room, seq] for seq in seqs if (room, seq) in edit_entries),
    )
