"""What follows from a state for one person: may they, and if not, why.

Knows the rules of modes, roles, sanctions and the floor (protocol, sections 1, 4 and 8). Every question
is answered by a refusal or None. Refuses to know commands: those are decided in `decide`.
"""

from functools import cache
from typing import cast

import msgspec

from hubbub.domain.cards import RightsCard
from hubbub.domain.identity import Credentials, Role
from hubbub.domain.refusals import Code, Refusal
from hubbub.domain.state import HubState, RoomState, Sanction


class TokenRole(msgspec.Struct, frozen=True):
    """The role that a token gives in a hub, until it expires."""

    role: Role
    until_ms: int


def token_role(credentials: Credentials, hub: str) -> TokenRole | None:
    """The role that somebody's token gives in a hub."""
    role = credentials.role_by_hub.get(hub)
    return TokenRole(role, credentials.expires_at_ms) if role is not None else None


class Standing(msgspec.Struct, frozen=True):
    """One person in one room at one instant; it holds until `until_ms` unless an entry changes it.

    It has held since `since_ms`, when the last thing ended that ends by itself.
    """

    id: str
    role: Role
    ban: Sanction | None
    mute: Sanction | None
    until_ms: int | None
    since_ms: int | None = None


def role_of(hub: HubState, identity_id: str, token: TokenRole | None, now_ms: int) -> Role:
    """A granted role wins, also over a higher one in a token, which counts while the token is valid."""
    grant = hub.grants.get(identity_id)
    if grant is not None:
        return grant.role
    return token.role if token is not None and now_ms < token.until_ms else Role.PARTICIPANT


def standing(
    room: RoomState | None, hub: HubState, identity_id: str, token: TokenRole | None, now_ms: int
) -> Standing:
    """Somebody's role and sanctions in a room, or in the hub at large, and until when both hold."""
    ends_at = (token.until_ms if token is not None else None, room.until_ms if room is not None else None)
    changes_at = [at for at in ends_at if at is not None]
    in_force: dict[str, Sanction] = {}
    for kind in ("ban", "mute"):
        for sanctions in (hub.sanctions, room.sanctions if room is not None else {}):
            sanction = sanctions.get((kind, identity_id))
            if sanction is not None and sanction.until_ms is not None:
                changes_at.append(sanction.until_ms)
            if sanction is not None and sanction.is_in_force(now_ms):
                in_force.setdefault(kind, sanction)
    return Standing(
        id=identity_id,
        role=role_of(hub, identity_id, token, now_ms),
        ban=in_force.get("ban"),
        mute=in_force.get("mute"),
        until_ms=min((at for at in changes_at if at > now_ms), default=None),
        since_ms=max((at for at in changes_at if at <= now_ms), default=None),
    )


def ban_refusal(place: str, who: Standing) -> Refusal | None:
    """Whether they may be in a room, or a hub, and read it."""
    if who.ban is None:
        return None
    return Refusal(Code.BANNED, _because(f"You are banned from {place}", who.ban), who.ban.rule)


def sanction_refusal(room: RoomState, who: Standing) -> Refusal | None:
    """Whether a ban or a mute stands in the way."""
    banned = ban_refusal(room.address, who)
    if banned is not None or who.mute is None:
        return banned
    return Refusal(Code.MUTED, _because(f"You are muted in {room.address}", who.mute), who.mute.rule)


def publish_refusal(room: RoomState, who: Standing, discussion_takes_it: bool) -> Refusal | None:
    """Whether they may publish a message; `discussion_takes_it` shows the way out."""
    sanctioned = sanction_refusal(room, who)
    if sanctioned is not None:
        return sanctioned
    if room.mode == "agora" or who.role >= Role.SPEAKER or room.has_floor(who.id):
        return None
    rule = {"mode": room.mode, "by": room.mode_entry["by"], "reason": room.mode_entry["reason"]}
    rule |= {"since": room.mode_entry["at"]} | ({"until": room.until_ms} if room.until_ms else {})
    way_out = ("floor", "about") if discussion_takes_it else ("floor",)
    text = f"Only speakers publish in {room.address}: {room.mode_entry['reason']}. You can ask for the floor"
    return Refusal(
        Code.ANNOUNCEMENT_ONLY,
        text + (f", or reply in {room.discussion}." if discussion_takes_it else "."),
        rule,
        way_out,
    )


def role_refusal(who: Standing, needed: Role, what: str) -> Refusal | None:
    """Whether their role is `needed` or higher."""
    if who.role >= needed:
        return None
    return Refusal(Code.FORBIDDEN, f"{what} takes the role {needed.word}.", {"role": needed.word})


def may_publish(room: RoomState, who: Standing) -> bool:
    return publish_refusal(room, who, False) is None


def rights_card(room: RoomState, who: Standing, may_publish_in_discussion: bool) -> RightsCard:
    """The rights as the wire shows them; the same map for all who have the same, so it is never changed."""
    publishes = may_publish(room, who)
    is_free = sanction_refusal(room, who) is None
    return _shared_card(
        publish=publishes,
        reply=publishes or (is_readable(who) and may_publish_in_discussion),
        react=is_free,
        floor=is_free and not publishes,
        moderate=is_readable(who) and who.role >= Role.MODERATOR,
    )


@cache  # five flags: at most 32 of them, for thousands of readers
def _shared_card(**rights: bool) -> RightsCard:
    return cast(RightsCard, rights)


def is_readable(who: Standing) -> bool:
    return who.ban is None


def _because(what: str, sanction: Sanction) -> str:
    until = sanction.until_ms
    ends = f" until {until} (ms since 1970)" if until is not None else ""
    return f"{what}{ends}: {sanction.entry['reason']}"
