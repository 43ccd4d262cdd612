"""Why something is refused, in the words of the wire (protocol, section 6).

Knows the codes and what belongs to each. Refuses to know how a refusal travels: the connection makes
a `nack` of it, the routes an HTTP status.
"""

from enum import StrEnum
from typing import Any

import msgspec


class Code(StrEnum):
    """What programs read; the reason beside it is for people."""

    BAD_REQUEST = "bad_request"
    """Malformed; `reason` names the field."""
    UNKNOWN_COMMAND = "unknown_command"
    """No such `t`, or no such path."""
    UNAUTHORIZED = "unauthorized"
    """HTTP only: no token, or a bad one."""
    GUESTS_REFUSED = "guests_refused"
    """This server admits no guests."""
    UNKNOWN_ROOM = "unknown_room"
    """No such hub or room, or not for this identity to read."""
    EXISTS = "exists"
    """A room or hub of that name is there."""
    NOT_JOINED = "not_joined"
    """The command needs `join` first."""
    FORBIDDEN = "forbidden"
    """The role does not allow it; `rule` names the role that does."""
    ANNOUNCEMENT_ONLY = "announcement_only"
    """Broadcast-only mode; `rule` says who set it, why, since and until when, `instead` what one can do."""
    MUTED = "muted"
    """A mute; `rule` is the entry that says so."""
    BANNED = "banned"
    """A ban; `rule` is the entry that says so."""
    SLOW_MODE = "slow_mode"
    """Too soon after one's last message; `retry_ms` says when."""
    RATE_LIMITED = "rate_limited"
    """Too much at once; `retry_ms` says when."""
    TOO_LARGE = "too_large"
    """Over a limit, or a count, that `reason` names."""
    UNKNOWN_ENTRY = "unknown_entry"
    """`target`, `reply_to` or `about` names nothing that it could."""
    NO_CHANGE = "no_change"
    """It is so already."""
    EXPIRED = "expired"
    """The time in which it could be edited is over."""
    UNAVAILABLE = "unavailable"
    """The store cannot be reached, or could not settle it in time; certainly not applied."""
    UNKNOWN_OUTCOME = "unknown_outcome"
    """The store did not answer in time; it may have been applied: send it again under the same `id`."""
    INTERNAL = "internal"
    """Our fault; logged under a number that `reason` quotes."""


TEMPORARY = frozenset(
    {Code.SLOW_MODE, Code.RATE_LIMITED, Code.UNAVAILABLE, Code.UNKNOWN_OUTCOME, Code.INTERNAL}
)


class Refusal(msgspec.Struct, frozen=True):
    """A refusal with its reason; `rule` is what forbids it, `instead` what one can do."""

    code: Code
    reason: str
    rule: dict[str, Any] | None = None
    instead: tuple[str, ...] = ()
    retry_ms: int | None = None

    @property
    def is_temporary(self) -> bool:
        return self.code in TEMPORARY


class Refused(Exception):
    """Carries a refusal through plumbing; `id` is the command's, where a retry needs it."""

    def __init__(self, refusal: Refusal, id: str | None = None) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.id = id
