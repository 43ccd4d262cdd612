"""Every command on a room's log, decided: the rules of protocol sections 4 and 5, one function each.

Pure: a case and the command's fields in, a decision out. The order of refusals is the protocol's. What
only the log can know (that a target is still there, slow mode, a reaction) goes along as a condition.
"""

from typing import Any, Literal

from msgspec.structs import replace

from hubbub.domain import entries
from hubbub.domain.cards import Person
from hubbub.domain.decision import Case, Decision, Subject, Target
from hubbub.domain.identity import SYSTEM, Role
from hubbub.domain.refusals import Code, Refusal
from hubbub.domain.rights import (
    ban_refusal,
    may_publish,
    role_of,
    role_refusal,
    sanction_refusal,
    standing,
)
from hubbub.domain.state import ModeWord, RoomState

NOTHING_SUCH = Refusal(Code.UNKNOWN_ENTRY, "There is no such message, or it was removed.")


def publish(
    case: Case,
    *,
    text: str,
    id: str,
    reply_to: int | None = None,
    about: tuple[str, int] | None = None,
    about_room: RoomState | None = None,
    is_question: bool = False,
    data: object = None,
) -> Decision:
    """A message; `about_room` is the announcement's room if the actor may read it."""
    if case.publish_refusal is not None:
        return _refused(case, case.publish_refusal)
    if about is not None and (about_room is None or about_room.discussion != case.room.address):
        return _refused(case, NOTHING_SUCH, reads=(about_room.address,) if about_room else ())
    fields: dict[str, Any] = {"kind": entries.MESSAGE, "id": id, "by": case.actor_card, "text": text}
    live: list[tuple[str, int]] = []
    if reply_to is not None:
        fields["reply_to"] = reply_to
        live.append((case.room.address, reply_to))
    if about is not None:
        fields["about"] = {"room": about[0], "seq": about[1]}
        live.append(about)
    if is_question:
        fields["question"] = True
    if data is not None:
        fields["data"] = data
    return Decision(
        fields=fields,
        to_ms=case.who.until_ms,
        reads=(about[0],) if about else (),
        live=tuple(live),
        slow_ms=case.room.slow_ms if case.room.slow_ms and case.who.role < Role.MODERATOR else None,
    )


def edit(case: Case, *, target: Target | None, seq: int, text: str) -> Decision:
    """Another text for one's own message, while one may publish and the edit window is open."""
    if case.publish_refusal is not None:
        return _refused(case, case.publish_refusal)
    if target is None:
        return _refused(case, NOTHING_SUCH)
    if target.author_id != case.actor.id:
        return _refused(case, Refusal(Code.FORBIDDEN, "Only its author edits a message."))
    closes_at = int(target.message["at"]) + case.edit_ms if case.edit_ms is not None else None
    if closes_at is not None and case.now_ms > closes_at:
        return _refused(case, Refusal(Code.EXPIRED, "The time in which a message can be edited is over."))
    return Decision(
        fields={"kind": entries.EDIT, "by": case.actor_card, "target": seq, "text": text},
        to_ms=_earliest(case.who.until_ms, closes_at + 1 if closes_at is not None else None),
        live=((case.room.address, seq),),
        edits=(seq, target.edits),
    )


def remove(
    case: Case, *, target: Target | None, author: Subject | None, seq: int, reason: str | None
) -> Decision:
    """A message taken out: by its author, or by a moderator of the author's rank or above."""
    if target is None or author is None:
        return _refused(case, ban_refusal(case.room.address, case.who) or NOTHING_SUCH)
    is_own = target.author_id == case.actor.id
    if not is_own:
        refusal = _removal_refusal(case, author, reason)
        if refusal is not None:
            return _refused(case, refusal, _token_end(author))
    fields: dict[str, Any] = {"kind": entries.REMOVAL, "by": case.actor_card, "target": seq}
    if reason is not None:
        fields["reason"] = reason
    erase = [(target.seq, entries.removed(target.message))]
    erase += [(int(e["seq"]), entries.edit_without_text(e)) for e in target.edit_entries]
    return Decision(
        fields=fields,
        to_ms=case.who.until_ms,
        live=((case.room.address, seq),),
        edits=(seq, target.edits),
        erase=tuple(erase),
        is_public_act=not is_own,
    )


def _removal_refusal(case: Case, author: Subject, reason: str | None) -> Refusal | None:
    banned = sanction_refusal(case.room, case.who) if case.who.ban is not None else None
    needed = max(Role.MODERATOR, role_of(case.hub, author.identity.id, author.token, case.now_ms))
    refusal = banned or role_refusal(case.who, needed, "Removing somebody else's message")
    if refusal is None and reason is None:
        return Refusal(Code.BAD_REQUEST, "reason: a moderator must say why a message is removed.")
    return refusal


def react(case: Case, *, seq: int, emoji: str, on: bool) -> Decision:
    """One emoji on a message, set or taken back."""
    refusal = sanction_refusal(case.room, case.who)
    if refusal is not None:
        return _refused(case, refusal)
    return Decision(
        fields={"kind": entries.REACTION, "by": case.actor_card, "target": seq, "emoji": emoji, "on": on},
        to_ms=case.who.until_ms,
        live=((case.room.address, seq),),
        react=(seq, emoji, on),
    )


def switch_mode(case: Case, *, mode: ModeWord, reason: str, until: int | None) -> Decision:
    """The switch of a room's mode, for good or until a time."""
    refusal = _late(case, until) or _moderation_refusal(case, "Switching the mode")
    if refusal is None and (mode, until) == (case.room.mode, case.room.until_ms):
        refusal = Refusal(Code.NO_CHANGE, f"{case.room.address} is in the mode {mode} already.")
    if refusal is not None:
        return _refused(case, refusal, until)
    return _mode_decision(case, mode, reason, until, case.actor_card)


def return_to_base(case: Case) -> Decision:
    """The entry of `system` that ends a mode whose `until` has come; nothing if it was ended already."""
    if case.room.until_ms is None or case.room.until_ms > case.now_ms:
        return Decision(refusal=Refusal(Code.NO_CHANGE, f"{case.room.address} has no mode that is over."))
    mode = case.room.base_mode
    return _mode_decision(case, mode, "The time that was set has come.", None, SYSTEM.card())


def _mode_decision(case: Case, mode: ModeWord, reason: str, until: int | None, by: Person) -> Decision:
    fields: dict[str, Any] = {"kind": entries.MODE, "by": by, "mode": mode, "previous": case.room.mode}
    fields["reason"] = reason
    if until is not None:
        fields["until"] = until
    is_by_system = by["id"] == SYSTEM.id
    return Decision(
        fields=fields,
        from_ms=case.room.until_ms if is_by_system else None,
        to_ms=None if is_by_system else _earliest(case.who.until_ms, until),
        raises="room",
        sets=(("meta", "mode"),) if until is not None else (("meta", "mode"), ("meta", "base")),
        drops_floor=mode != case.room.mode,
        is_public_act=True,
    )


def change_settings(case: Case, *, changes: dict[str, Any]) -> Decision:
    """Title, topic, discussion room, slow mode: those of `changes` that differ; `""` unsets."""
    refusal = _moderation_refusal(case, "Changing settings")
    discussion = changes.get("discussion")
    if refusal is None and discussion and discussion not in case.hub.rooms:
        refusal = Refusal(Code.UNKNOWN_ROOM, f"discussion: there is no room {discussion} in this hub.")
    now = {
        "title": case.room.title or "",
        "topic": case.room.topic or "",
        "discussion": case.room.discussion or "",
        "slow_ms": case.room.slow_ms,
    }
    changed = {name: value for name, value in changes.items() if now[name] != value}
    if refusal is None and not changed:
        refusal = Refusal(Code.NO_CHANGE, "The settings are like that already.")
    if refusal is not None:
        return _refused(case, refusal)
    return Decision(
        fields={"kind": entries.SETTINGS, "by": case.actor_card, **changed},
        to_ms=case.who.until_ms,
        raises="room",
        sets=tuple(("meta", name) for name in changed),
        is_public_act=True,
    )


def grant(case: Case, *, subject: Subject, role: Role, reason: str) -> Decision:
    """A role in the hub, granted by somebody above both the subject's role and the new one."""
    held = role_of(case.hub, subject.identity.id, subject.token, case.now_ms)
    needed = Role(min(max(held, role) + 1, Role.OWNER))
    refusal = sanction_refusal(case.room, case.who) if case.who.ban is not None else None
    refusal = refusal or role_refusal(case.who, needed, f"Making {subject.identity.id} {role.word}")
    known = case.hub.grants.get(subject.identity.id)
    if refusal is None and (known.role == role if known else held == role == Role.PARTICIPANT):
        refusal = Refusal(Code.NO_CHANGE, f"{subject.identity.id} is {role.word} already.")
    is_owner = known is not None and known.role == Role.OWNER
    if refusal is None and is_owner and role < Role.OWNER and case.hub.owners == 1:
        refusal = Refusal(Code.FORBIDDEN, "The last owner of a hub stays: make another one first.")
    if refusal is not None:
        return _refused(case, refusal, _token_end(subject))
    return Decision(
        fields={
            "kind": entries.ROLE,
            "by": case.actor_card,
            "subject": subject.identity.card(),
            "role": role.word,
            "reason": reason,
        },
        to_ms=_holds_until(case, _token_end(subject)),
        raises="hub",
        sets=(("roles", subject.identity.id),),
        is_public_act=True,
    )


def sanction(
    case: Case,
    *,
    action: Literal["mute", "unmute", "ban", "unban"],
    subject: Subject,
    scope: Literal["room", "hub"],
    reason: str,
    until: int | None,
) -> Decision:
    """A mute or ban, or its end, by a moderator of higher rank than the subject."""
    kind, is_end = action.removeprefix("un"), action.startswith("un")
    refusal = _late(case, until) or _moderation_refusal(case, f"To {action} somebody")
    held = role_of(case.hub, subject.identity.id, subject.token, case.now_ms)
    if refusal is None and case.who.role <= held:
        needed = Role(min(held + 1, Role.OWNER))
        text = f"To {action} {subject.identity.id} takes a higher role than theirs, which is {held.word}."
        refusal = Refusal(Code.FORBIDDEN, text, {"role": needed.word})
    known = (case.room if scope == "room" else case.hub).sanctions.get((kind, subject.identity.id))
    in_force = known is not None and known.is_in_force(case.now_ms)
    is_so = not in_force if is_end else in_force and known is not None and known.until_ms == until
    if refusal is None and is_so:
        refusal = Refusal(Code.NO_CHANGE, f"{action} {subject.identity.id}: it is so already.")
    if refusal is not None:
        return _refused(case, refusal, until, known.until_ms if known else None, _token_end(subject))
    fields: dict[str, Any] = {
        "kind": entries.SANCTION,
        "by": case.actor_card,
        "action": action,
        "scope": scope,
    }
    fields |= {"subject": subject.identity.card(), "reason": reason} | ({"until": until} if until else {})
    where: Literal["sanctions", "hub_sanctions"] = "sanctions" if scope == "room" else "hub_sanctions"
    field = ((where, f"{kind} {subject.identity.id}"),)
    loses_floor = scope == "room" and not is_end
    return Decision(
        fields=fields,
        to_ms=_earliest(case.who.until_ms, until, known.until_ms if known and in_force else None),
        raises=scope,
        sets=() if is_end else field,
        drops=(field if is_end else ()) + ((("floor", subject.identity.id),) if loses_floor else ()),
        is_public_act=True,
    )


def floor(
    case: Case,
    *,
    action: Literal["ask", "withdraw", "give", "refuse", "take"],
    subject: Subject,
    reason: str | None,
) -> Decision:
    """The wish to speak: asked and withdrawn by oneself, given, refused and taken by a moderator."""
    turn = case.room.turn_by_identity.get(subject.identity.id)
    is_own = action in ("ask", "withdraw")
    if action == "ask":
        refusal = sanction_refusal(case.room, case.who)
    elif action == "withdraw":  # a mute forbids asking, not giving back
        refusal = ban_refusal(case.room.address, case.who)
    else:
        refusal = _moderation_refusal(case, "The floor")
    if refusal is None and is_own and subject.identity.id != case.actor.id:
        refusal = Refusal(Code.FORBIDDEN, f"Nobody can {action} for somebody else.")
    refusal = refusal or _floor_refusal(case, action, subject)
    them = standing(case.room, case.hub, subject.identity.id, subject.token, case.now_ms)
    known = (subject.identity.id, turn.body if turn is not None else b"")
    if refusal is not None:
        may_ask_at = turn.may_ask_at_ms if turn is not None else None
        return replace(_refused(case, refusal, them.until_ms, may_ask_at), floor=known)
    gives_back = action == "withdraw" and turn is not None and turn.is_given
    fields: dict[str, Any] = {"kind": entries.FLOOR, "by": case.actor_card, "action": action}
    fields |= {"subject": subject.identity.card()} | ({"reason": reason} if reason is not None else {})
    return Decision(
        fields=fields,
        to_ms=_earliest(case.who.until_ms, them.until_ms),
        floor=known,
        raises="room" if gives_back or not is_own else None,
        sets=(("floor", subject.identity.id),),
        is_public_act=not is_own,
    )


def _floor_refusal(case: Case, action: str, subject: Subject) -> Refusal | None:
    turn = case.room.turn_by_identity.get(subject.identity.id)
    is_asked = turn is not None and turn.is_asked
    is_given = turn is not None and turn.is_given
    them = standing(case.room, case.hub, subject.identity.id, subject.token, case.now_ms)
    match action:
        case "ask" | "give":
            if may_publish(case.room, them) or is_given or (action == "ask" and is_asked):
                return Refusal(Code.NO_CHANGE, f"{subject.identity.id} may speak, or has asked already.")
            if action == "ask" and turn is not None and case.now_ms < turn.may_ask_at_ms:
                wait = turn.may_ask_at_ms - case.now_ms
                return Refusal(Code.RATE_LIMITED, "Ask again a minute after the last answer.", retry_ms=wait)
        case "withdraw" if not (is_asked or is_given):
            return Refusal(Code.NO_CHANGE, "You have neither asked for the floor nor been given it.")
        case "refuse" if not is_asked:
            return Refusal(Code.NO_CHANGE, f"{subject.identity.id} has not asked for the floor.")
        case "take" if not is_given:
            return Refusal(Code.NO_CHANGE, f"{subject.identity.id} has not been given the floor.")
    return None


def _moderation_refusal(case: Case, what: str) -> Refusal | None:
    if case.who.ban is not None:
        return sanction_refusal(case.room, case.who)
    return role_refusal(case.who, Role.MODERATOR, what)


def _late(case: Case, until: int | None) -> Refusal | None:
    if until is None or until > case.now_ms:
        return None
    return Refusal(Code.BAD_REQUEST, f"until: {until} is in the past, it is {case.now_ms} (ms since 1970).")


def _earliest(*times: int | None) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _token_end(subject: Subject) -> int | None:
    return subject.token.until_ms if subject.token is not None else None


def _holds_until(case: Case, *ends: int | None) -> int | None:
    """The first of what ends, as far as it has not ended yet."""
    return _earliest(case.who.until_ms, *(end for end in ends if end is not None and end > case.now_ms))


def _refused(case: Case, refusal: Refusal, *ends: int | None, reads: tuple[str, ...] = ()) -> Decision:
    """A refusal is compared like an entry, so that a retry is never refused by a node that is behind."""
    return Decision(refusal=refusal, to_ms=_holds_until(case, *ends), reads=reads)
