"""The two encodings of the wire: JSON text and MessagePack.

Knows bytes. A decode is one typed pass; only what fails is looked at again, to say why and to whom.
Refuses to know sockets, state and what becomes of a refusal. Of a key that stands twice the last one
counts; a `t` that stands twice with two values is refused.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, Protocol

import msgspec

from hubbub.domain import limits
from hubbub.domain.names import ShapeError, TooLargeError
from hubbub.domain.refusals import Code, Refusal
from hubbub.protocol import frames
from hubbub.protocol.checks import checked

_KNOWN_T: Final = frozenset(str(kind.__struct_config__.tag) for kind in frames.ClientFrame.__args__)
_WITHOUT_REPLY: Final = frozenset({"pong", "typing", "seen"})
_NO_REF: Final = 0
_PLACE: Final = re.compile(r" - at `(?:key` in `)?\$\.?(?P<path>[^`]*)`\Z")
_FIELD: Final = re.compile(
    r"Object (?P<fault>contains unknown|missing required) field `(?P<field>.*?)`"
    r"(?: - at `\$\.?(?P<path>[^`]*)`)?\Z",
    re.S,
)


class FrameRefused(Exception):
    """A frame that is no well-formed command; nothing has changed.

    `ref` is the command's, 0 where it has none that is usable. `is_broken`: not this encoding, or not
    a map with a string `t`. `is_silent`: no reply is due. `t` is the frame's type where it has one.
    """

    def __init__(self, refusal: Refusal, ref: int = _NO_REF, t: str | None = None) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.ref = ref
        self.t = t
        self.is_broken = t is None
        self.is_silent = t in _WITHOUT_REPLY

    @property
    def nack(self) -> frames.Nack:
        """The reply to the frame, where one is due."""
        return frames.nack(self.ref, self.refusal)


class _Encoder(Protocol):
    def encode(self, obj: Any, /) -> bytes: ...


class _Decoder(Protocol):
    def decode(self, payload: bytes, /) -> Any: ...


class Codec(ABC):
    """One encoding of the wire; stateless, so that all connections share the two instances."""

    name: str
    subprotocol: str
    is_binary: bool
    _frames: _Encoder
    _commands: _Decoder
    _nothing: bytes

    def decode(self, payload: bytes) -> frames.ClientFrame:
        """The one command that `payload` is, with every rule of shape checked.

        Raises FrameRefused and nothing else, whatever the bytes. Does not bound their number: who
        reads them from the socket does.
        """
        try:
            command: frames.ClientFrame = self._commands.decode(payload)
        except (ValueError, RecursionError) as fault:
            self._refuse(payload, fault)
        return _shaped(command)

    def encode(self, frame: frames.ServerFrame | frames.ClientFrame) -> bytes:
        """The bytes of a frame; its `Raw` parts must be in this encoding already."""
        return self._frames.encode(frame)

    def encode_part(self, value: Any) -> bytes:
        """The bytes of a value that is to stand in frames as `Raw`."""
        return self._frames.encode(value)

    def array(self, bodies: Sequence[bytes]) -> msgspec.Raw:
        """The array of bodies that are in this encoding already."""
        return msgspec.Raw(self._frames.encode([msgspec.Raw(body) for body in bodies]))

    @abstractmethod
    def body(self, stored_json: bytes) -> bytes:
        """A stored entry (compact JSON) as this encoding puts it in a frame."""

    def entry_frame(self, room: str, epoch: str) -> tuple[bytes, bytes]:
        """What stands before and after the body of an entry in its push."""
        whole = self.encode(frames.EntryPush(room=room, epoch=epoch, e=msgspec.Raw(self._nothing)))
        before, _, after = whole.rpartition(self._nothing)
        return before, after

    @abstractmethod
    def _fields(self, payload: bytes) -> Mapping[str, Any]:
        """The outermost map of `payload`; ValueError or RecursionError if it is none."""

    @abstractmethod
    def _unreadable(self, fields: Mapping[str, Any]) -> str:
        """The first of `fields` whose text is no Unicode; the empty string if there is none."""

    @abstractmethod
    def _scalar(self, value: Any) -> Any:
        """A value of `_fields`, if it is a string or a number; None otherwise."""

    def _refuse(self, payload: bytes, fault: Exception) -> NoReturn:
        """Say why a payload that could not be decoded is refused, and to which `ref`."""
        try:
            fields = self._fields(payload)
        except (ValueError, RecursionError):
            raise FrameRefused(_bad(f"frame is not one {self.name} map")) from None
        t = self._scalar(fields.get("t"))
        if not isinstance(t, str):
            raise FrameRefused(_bad("t is missing or no string")) from None
        if t in _WITHOUT_REPLY:
            raise FrameRefused(_bad(self._why(fields, fault)), t=t) from None
        ref = self._scalar(fields.get("ref"))
        if type(ref) is not int or not 1 <= ref <= limits.REF_MAX:
            raise FrameRefused(_bad(f"ref is not an integer from 1 to {limits.REF_MAX}"), t=t) from None
        if t not in _KNOWN_T:
            reason = f"t is {_quoted(t)}, which this server does not know"
            raise FrameRefused(Refusal(Code.UNKNOWN_COMMAND, reason), ref, t) from None
        raise FrameRefused(_bad(self._why(fields, fault)), ref, t) from None

    def _why(self, fields: Mapping[str, Any], fault: Exception) -> str:
        """The reason that a well-known `t` was refused for; it names the field."""
        if isinstance(fault, msgspec.ValidationError):
            return _explained(str(fault))
        field = self._unreadable(fields)
        return f"{_quoted(field)} is no Unicode text" if field else "frame cannot be read"


class _Json(Codec):
    """JSON text, for any WebSocket client; half a surrogate pair is refused by the field's name."""

    name = "json"
    subprotocol = "hubbub.v1.json"
    is_binary = False
    _frames = msgspec.json.Encoder()
    _commands = msgspec.json.Decoder(frames.ClientFrame)
    _nothing = b"null"

    def body(self, stored_json: bytes) -> bytes:
        return stored_json

    def _fields(self, payload: bytes) -> Mapping[str, Any]:
        fields = json.loads(str(payload, "utf-8"), parse_int=_short_integer, parse_constant=_refuse_constant)
        if not isinstance(fields, dict):
            raise ValueError("not a map")
        return fields

    def _unreadable(self, fields: Mapping[str, Any]) -> str:
        return next((field for field, value in fields.items() if _has_surrogate((field, value))), "")

    def _scalar(self, value: Any) -> Any:
        return value


class _MessagePack(Codec):
    """MessagePack: strings are `str`, never `bin`; no ext types."""

    name = "msgpack"
    subprotocol = "hubbub.v1.msgpack"
    is_binary = True
    _frames = msgspec.msgpack.Encoder()
    _commands = msgspec.msgpack.Decoder(frames.ClientFrame)
    _nothing = b"\xc0"
    # Values are skipped, not built: what they claim to hold costs nothing.
    _outermost = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
    _one_scalar = msgspec.msgpack.Decoder(str | int)

    def body(self, stored_json: bytes) -> bytes:
        return msgspec.msgpack.encode(msgspec.json.decode(stored_json))

    def _fields(self, payload: bytes) -> Mapping[str, Any]:
        return self._outermost.decode(payload)

    def _unreadable(self, fields: Mapping[str, Any]) -> str:
        for field, value in fields.items():
            try:
                self._one_scalar.decode(value)
            except UnicodeDecodeError:
                return field
            except ValueError:
                continue
        return ""

    def _scalar(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            return self._one_scalar.decode(value)
        except ValueError:
            return None


JSON: Final[Codec] = _Json()
MSGPACK: Final[Codec] = _MessagePack()
CODECS: Final = (MSGPACK, JSON)
_CODEC_BY_SUBPROTOCOL: Final = {codec.subprotocol: codec for codec in CODECS}


def negotiate(offered: Sequence[str]) -> Codec | None:
    """The codec of the first known subprotocol; JSON if none is offered, None if none is known."""
    if not offered:
        return JSON
    return next((_CODEC_BY_SUBPROTOCOL[name] for name in offered if name in _CODEC_BY_SUBPROTOCOL), None)


def _shaped(command: frames.ClientFrame) -> frames.ClientFrame:
    """`command` as `checked` returns it; its ShapeError as a FrameRefused."""
    try:
        return checked(command)
    except ShapeError as fault:
        code = Code.TOO_LARGE if isinstance(fault, TooLargeError) else Code.BAD_REQUEST
        t = str(type(command).__struct_config__.tag)
        raise FrameRefused(Refusal(code, str(fault)), getattr(command, "ref", _NO_REF), t) from None


def _bad(reason: str) -> Refusal:
    return Refusal(Code.BAD_REQUEST, reason)


def _explained(fault: str) -> str:
    """A decoder's sentence turned round, so that it begins with the field."""
    if found := _FIELD.match(fault):
        verdict = "is unknown" if found["fault"].startswith("contains") else "is missing"
        path = f"{found['path']}." if found["path"] else ""
        return f"{_quoted(path + found['field'])} {verdict}"
    place = _PLACE.search(fault)
    if place is None:
        return f"frame: {fault[: limits.REASON_CHARS]}"
    path = place["path"] or "frame"
    return f"{path[: limits.ECHO_CHARS]}: {fault[: place.start()][: limits.REASON_CHARS]}"


def _quoted(text: str) -> str:
    """What a client sent, fit for a reason: short, and Unicode whatever it was."""
    short = text if len(text) <= limits.ECHO_CHARS else text[: limits.ECHO_CHARS] + "…"
    return short.encode(errors="replace").decode()


def _has_surrogate(value: object) -> bool:
    """Whether some string in `value`, as a JSON decoder made it, is no Unicode text."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _short_integer(digits: str) -> int | None:
    """A JSON integer that could be a `ref`; Python refuses to read very long ones."""
    return int(digits) if len(digits) <= len(str(limits.REF_MAX)) else None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
