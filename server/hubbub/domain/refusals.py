"""Why something is refused, in the words of the wire (protocol, section 6).

Knows the codes and what belongs to each. Refuses to know how a refusal travels: the connection makes
a `nack` of it, the routes an HTTP status.
"""

from enum import StrEnum
from typing import Any

import msgspec


class Code(StrEnum):
    """What programs read; `Refusal.reason` is for people."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_COMMAND = "unknown_command"
    UNAUTHORIZED = "unauthorized"
    GUESTS_REFUSED = "guests_refused"
    UNKNOWN_ROOM = "unknown_room"
    EXISTS = "exists"
    NOT_JOINED = "not_joined"
    FORBIDDEN = "forbidden"
    ANNOUNCEMENT_ONLY = "announcement_only"
    MUTED = "muted"
    BANNED = "banned"
    SLOW_MODE = "slow_mode"
    RATE_LIMITED = "rate_limited"
    TOO_LARGE = "too_large"
    UNKNOWN_ENTRY = "unknown_entry"
    NO_CHANGE = "no_change"
    EXPIRED = "expired"
    UNAVAILABLE = "unavailable"
    UNKNOWN_OUTCOME = "unknown_outcome"
    INTERNAL = "internal"


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
