"""The golden files: frames as bytes, which tests in any language can read.

`frames.json` has one frame of every kind as JSON text and as MessagePack in hex, `client` and `server`.
`refused.json` has what no server takes: the encodings in which it can be said, the `ref` and `code` of
the nack, the `field` that its reason names, and whether it counts as `broken` or is dropped (`silent`).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hubbub.protocol.codecs import JSON, MSGPACK, Codec

_FOLDER = Path(__file__).parents[2] / "golden"


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One frame in both encodings; `msgpack` is hex."""

    name: str
    json: str
    msgpack: str

    def in_codec(self, codec: Codec) -> bytes:
        return bytes.fromhex(self.msgpack) if codec is MSGPACK else self.json.encode()


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One faulty frame, in the encodings that can express it."""

    name: str
    ref: int
    code: str
    field: str
    json: str | None = None
    msgpack: str | None = None
    broken: bool = False
    silent: bool = False

    def payloads(self) -> Iterator[tuple[Codec, bytes]]:
        if self.json is not None:
            yield JSON, self.json.encode()
        if self.msgpack is not None:
            yield MSGPACK, bytes.fromhex(self.msgpack)


def _frames(side: str) -> list[Frame]:
    return msgspec.convert(json.loads((_FOLDER / "frames.json").read_text("utf-8"))[side], list[Frame])


CLIENT_FRAMES = _frames("client")
SERVER_FRAMES = _frames("server")
REFUSED = msgspec.json.decode((_FOLDER / "refused.json").read_text("utf-8"), type=list[Refused])
