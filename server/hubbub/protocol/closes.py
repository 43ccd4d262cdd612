"""How the server ends a connection: the close codes, their reasons and whether to come back.

Knows the table of protocol, section 6. Refuses to know when each is used.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class CloseCode(IntEnum):
    """What a client's program reads. 4000 to 4499: come back. 4500 to 4999: do not."""

    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    WRONG_KIND = 1003
    BAD_UTF8 = 1007
    TOO_LARGE = 1009
    INTERNAL = 1011
    RESTARTING = 1012
    OVERLOADED = 1013
    TOO_MANY_CONNECTIONS = 4004
    SLOW_READER = 4008
    NO_SIGN_OF_LIFE = 4012
    TOO_FAST = 4013
    TOKEN_REFUSED = 4500
    BROKEN_FRAMES = 4501
    NO_HELLO = 4502
    BANNED = 4507

    @property
    def reason(self) -> str:
        """One sentence in ASCII, short enough for a close frame (123 bytes)."""
        return _REASONS[self]

    @property
    def may_come_back(self) -> bool:
        """Whether the same client may connect again as it is (TOKEN_REFUSED: with a new token)."""
        return self in _COME_BACK_AFTER_SECONDS

    @property
    def come_back_after_seconds(self) -> int:
        """How long a client waits at least; 0 where its own back-off is enough."""
        return _COME_BACK_AFTER_SECONDS.get(self, 0)


_REASONS: Final = {
    CloseCode.GOING_AWAY: "The server is going away; come back soon.",
    CloseCode.PROTOCOL_ERROR: "That was not the WebSocket protocol.",
    CloseCode.WRONG_KIND: "JSON goes in text messages, MessagePack in binary ones.",
    CloseCode.BAD_UTF8: "A text message was not UTF-8.",
    CloseCode.TOO_LARGE: "A message was longer than frame_bytes, or in too many pieces.",
    CloseCode.INTERNAL: "Our fault; it has been noted.",
    CloseCode.RESTARTING: "The server restarts; come back soon.",
    CloseCode.OVERLOADED: "Too busy; come back in 10 seconds or later.",
    CloseCode.TOO_MANY_CONNECTIONS: "Too many connections of one identity or address.",
    CloseCode.SLOW_READER: "Nothing was read for 30 seconds; resume from the last entry.",
    CloseCode.NO_SIGN_OF_LIFE: "No answer to a ping.",
    CloseCode.TOO_FAST: "Too many commands were refused as rate_limited.",
    CloseCode.TOKEN_REFUSED: "The token is not valid, or no longer.",
    CloseCode.BROKEN_FRAMES: "Broken frames, or a command before welcome.",
    CloseCode.NO_HELLO: "No hello in time.",
    CloseCode.BANNED: "Banned from this server.",
}
_COME_BACK_AFTER_SECONDS: Final = {
    CloseCode.GOING_AWAY: 1,
    CloseCode.INTERNAL: 0,
    CloseCode.RESTARTING: 1,
    CloseCode.OVERLOADED: 10,
    CloseCode.TOO_MANY_CONNECTIONS: 60,
    CloseCode.SLOW_READER: 0,
    CloseCode.NO_SIGN_OF_LIFE: 0,
    CloseCode.TOO_FAST: 10,
}


@dataclass(frozen=True, slots=True)
class Shut:
    """The connection is to be closed with this code and reason."""

    code: CloseCode

    @property
    def reason(self) -> str:
        return self.code.reason
