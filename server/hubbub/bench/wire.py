"""What a load client says and what it looks at in the answers (docs/protocol.md), in either encoding.

Knows fields. Everything of the server's that a load has no use for is passed over undecoded, and so are
frames that this version does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import Struct

from hubbub.bench.framing import BINARY, TEXT
from hubbub.protocol.codecs import JSON, MSGPACK

CodecName = Literal["json", "msgpack"]

HELLO_REF, JOIN_REF, FIRST_REF = 1, 2, 3
"""The refs of a connection's first two commands, and of the first message."""


class Hello(Struct, omit_defaults=True, tag_field="t", tag="hello"):
    """Who is there: a token, or the name of a guest."""

    ref: int
    token: str | None = None
    name: str | None = None


class Position(Struct, frozen=True):
    """Where a reader stopped."""

    epoch: str
    seq: int


class Join(Struct, omit_defaults=True, tag_field="t", tag="join"):
    """Into a room, afresh without any entries or from a position on."""

    ref: int
    room: str
    limit: int
    after: Position | None = None


class Publish(Struct, tag_field="t", tag="publish"):
    """A message."""

    ref: int
    room: str
    id: str
    text: str


class Entry(Struct):
    """As much of an entry as a load looks at."""

    seq: int
    id: str | None = None
    text: str | None = None


class Numbered(Struct):
    """As much of a resumed entry as a load looks at."""

    seq: int


class Bounds(Struct):
    """As much of the limits in `welcome`; None is no limit."""

    publish_burst: int | None = None
    publish_per_s: int | None = None


class Received(Struct):
    """Any frame of the server's."""

    t: str
    ref: int | None = None
    room: str | None = None
    epoch: str | None = None
    seq: int | None = None
    e: Entry | None = None
    entries: list[Numbered] = []
    recovered: bool = False
    limits: Bounds | None = None
    code: str | None = None
    reason: str | None = None
    retry_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LoadCodec:
    """One encoding of the wire, from a load's side; `decode` raises ValueError."""

    subprotocol: str
    opcode: int
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Received]


def codec_named(name: CodecName) -> LoadCodec:
    """The codec of that name, for one process."""
    if name == "json":
        json = msgspec.json.Decoder(Received)
        return LoadCodec(JSON.subprotocol, TEXT, msgspec.json.Encoder().encode, json.decode)
    packed = msgspec.msgpack.Decoder(Received)
    return LoadCodec(MSGPACK.subprotocol, BINARY, msgspec.msgpack.Encoder().encode, packed.decode)
