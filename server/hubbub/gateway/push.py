"""One frame for many connections: encoded once for each codec.

Knows codecs. Refuses to know who gets it; what is pushed this way may be dropped.
"""

from typing import TYPE_CHECKING

from hubbub.gateway.framing import framed
from hubbub.protocol import frames

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol

PUSHES_PER_S = 5_000
"""Of one kind in one room or hub: some 3 % of a core. Beyond as many readers they come less often."""


class Push:
    """A frame that may be dropped, ready for whoever takes it."""

    __slots__ = ("_frame", "_ready_by_codec")

    def __init__(self, frame: frames.ServerFrame) -> None:
        self._frame = frame
        self._ready_by_codec: dict[str, bytes] = {}

    def to(self, connection: "GatewayProtocol") -> bool:
        """Sends it, unless the peer has stopped reading; whether it was sent."""
        if not connection.is_writable:
            return False
        codec = connection.codec
        ready = self._ready_by_codec.get(codec.name)
        if ready is None:
            ready = self._ready_by_codec[codec.name] = framed(codec.encode(self._frame), codec.is_binary)
        connection.write(ready)
        return True


def pause_seconds(readers: int) -> float:
    """How long at least from one push to the next of its kind, with that many readers."""
    return readers / PUSHES_PER_S
