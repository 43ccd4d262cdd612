"""What can go wrong between a program and a hub, as exceptions.

Knows the codes of the protocol (section 6) and which exception each one is. Refuses to know what is tried
again: `sending` and `session` do. Everything raised by the SDK is a `HubbubError`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from hubbub.domain.refusals import Code

Frame = dict[str, Any]


class HubbubError(Exception):
    """The root. `code` is the protocol's or the SDK's own word; `temporary`: worth another try later."""

    def __init__(
        self,
        reason: str,
        *,
        code: str,
        temporary: bool = False,
        retry_ms: int | None = None,
        rule: Mapping[str, Any] | None = None,
        instead: tuple[str, ...] = (),
        room: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.temporary = temporary
        self.retry_ms = retry_ms
        self.rule = dict(rule or {})
        self.instead = instead
        self.room = room


class Refused(HubbubError):
    """The server said no, and nothing has changed."""


class NotPermitted(Refused):
    """Role, mode or a sanction forbids it; `rule` says which, who decided it and why."""

    @property
    def can_request_floor(self) -> bool:
        """Whether asking for the floor is a way to it."""
        return "floor" in self.instead


class RateLimited(Refused):
    """Too soon, and longer to wait than the program wants to; `retry_ms` says how long."""


class NotFound(Refused):
    """There is no such hub, room or entry, or none that this identity may read."""


class AuthError(HubbubError):
    """The server does not take the token, or does not let this identity in. Not worth another try."""


class ProtocolError(HubbubError):
    """The server and this program do not understand each other. Not worth another try."""


class SendTimeout(HubbubError):
    """No word came in time. What had an `id` may be in the log: the same one may be sent again."""

    def __init__(self, reason: str, *, room: str | None = None, id: str = "") -> None:
        super().__init__(reason, code="send_timeout", temporary=True, room=room)
        self.id = id


class Closed(HubbubError):
    """The connection was closed by this program; nothing can be sent any more."""

    def __init__(self) -> None:
        super().__init__("The connection has been closed.", code="closed")


_CLASS_BY_CODE: dict[str, type[Refused]] = {
    Code.ANNOUNCEMENT_ONLY: NotPermitted,
    Code.BANNED: NotPermitted,
    Code.FORBIDDEN: NotPermitted,
    Code.MUTED: NotPermitted,
    Code.RATE_LIMITED: RateLimited,
    Code.SLOW_MODE: RateLimited,
    Code.UNKNOWN_ENTRY: NotFound,
    Code.UNKNOWN_ROOM: NotFound,
}


def refusal(nack: Frame, room: str | None = None) -> Refused:
    """The exception that a `nack` is; a code of a later server is a plain `Refused`."""
    kind = _CLASS_BY_CODE.get(nack["code"], Refused)
    return kind(
        nack.get("reason", ""),
        code=nack["code"],
        temporary=bool(nack.get("temporary", False)),
        retry_ms=nack.get("retry_ms"),
        rule=nack.get("rule"),
        instead=tuple(nack.get("instead", ())),
        room=room,
    )


@contextlib.contextmanager
def understood(frame: Frame) -> Iterator[None]:
    """A known frame without what it must have is the end: ProtocolError, not a riddle."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        reason = f"The server sent a {frame['t']!r} that cannot be understood: {fault!r}."
        raise ProtocolError(reason, code="broken_frame") from fault
