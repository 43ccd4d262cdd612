"""The shape of names, texts and `data`: what a field must look like, whoever sends it.

Knows lengths, alphabets and invisible characters. Refuses to know frames and state: whether a room
exists or a name is taken is somebody else's question. Each rule takes the field's name and a value,
and returns the value to use or raises a ShapeError whose sentence begins with that name.
"""

import json
import re
import unicodedata
from typing import Any, Final

from hubbub.domain import limits
from hubbub.domain.emoji import is_one_emoji


class ShapeError(ValueError):
    """A value breaks a rule of shape (`bad_request`); the sentence begins with the field."""


class TooLargeError(ShapeError):
    """A value is longer than a limit that clients are told of (`too_large`)."""


PART: Final = r"[a-z0-9][a-z0-9-]{0,62}"
"""A hub's name, and a room's name in it."""
_HUB = re.compile(PART)
_ROOM = re.compile(f"{PART}/{PART}")
_PRINTABLE_ASCII = re.compile(r"[ -~]+")
_NUL_OR_SURROGATE = re.compile("[\0\ud800-\udfff]")
# Controls, line and paragraph separators, and what overrides or isolates a direction. The marks LRM,
# RLM and ALM are not among them: mixed scripts need those, and they turn nothing around.
_NOT_IN_A_NAME = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# All but white space, controls, the property Default_Ignorable_Code_Point of Unicode 17, the blank
# Braille pattern and interlinear marks. What Python's tables do not know yet is taken to be visible.
_VISIBLE: Final = re.compile(
    r"[^\s"
    "\0-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMPACT_JSON = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def room_address(field: str, value: str) -> str:
    """A room's address, `hub/room`."""
    if _ROOM.fullmatch(value) is None:
        raise ShapeError(f"{field} is no room address: hub/room, each of a-z, 0-9 and -, at most 63 long")
    return value


def hub_name(field: str, value: str) -> str:
    """A hub's name, the first part of its rooms' addresses."""
    if _HUB.fullmatch(value) is None:
        raise ShapeError(f"{field} is no hub: a-z, 0-9 and -, not beginning with -, at most 63 long")
    return value


def hub_of(room: str) -> str:
    """The hub of a well-formed room address."""
    return room.partition("/")[0]


def display_name(field: str, value: str) -> str:
    """A name or title in NFC: 1 to 64 code points on one line, something of it visible."""
    if len(value) > limits.NAME_RAW_CHARS:
        raise ShapeError(f"{field} is longer than {limits.NAME_CHARS} characters")
    if _NOT_IN_A_NAME.search(value):
        raise ShapeError(f"{field} has a control character or one that turns the writing direction")
    return _sized(field, unicodedata.normalize("NFC", value), limits.NAME_CHARS)


def message_text(field: str, value: str, chars: int = limits.TEXT_CHARS) -> str:
    """The text of a message, as it comes; over `chars` code points it is too large."""
    if len(value) > chars:
        raise TooLargeError(f"{field} is longer than {chars} characters (text_chars)")
    return _readable(field, value)


def reason(field: str, value: str) -> str:
    """A reason as people write one: 1 to 500 code points, something of them visible."""
    return _readable(field, _sized(field, value, limits.REASON_CHARS))


def title_or_unset(field: str, value: str) -> str:
    """A title, or the empty string that unsets it."""
    return value and display_name(field, value)


def topic_or_unset(field: str, value: str) -> str:
    """A topic of at most 500 code points, or the empty string that unsets it."""
    return value and _readable(field, _sized(field, value, limits.TOPIC_CHARS))


def room_or_unset(field: str, value: str) -> str:
    """A room's address, or the empty string that unsets it."""
    return value and room_address(field, value)


def command_id(field: str, value: str) -> str:
    """The client's id of a command: 1 to 64 printable ASCII characters."""
    return _ascii(field, value, limits.ID_CHARS)


def subject_id(field: str, value: str) -> str:
    """An identity's id: 1 to 128 printable ASCII characters."""
    return _ascii(field, value, limits.SUBJECT_CHARS)


def epoch_name(field: str, value: str) -> str:
    """An epoch as a client sends it back: opaque, so only its length is checked."""
    return _opaque(field, value, limits.EPOCH_CHARS)


def page_cursor(field: str, value: str) -> str:
    """Where a page goes on, as the page before it said: opaque."""
    return _opaque(field, value, limits.CURSOR_CHARS)


def one_emoji(field: str, value: str) -> str:
    """Exactly one emoji."""
    if not is_one_emoji(value):
        raise ShapeError(f"{field} is not one emoji")
    return value


def message_data(field: str, value: Any) -> Any:
    """A message's `data`: JSON's value space, 8 deep, 4,096 bytes as compact UTF-8 JSON.

    Top-level keys that begin with `hubbub` are reserved. Safe for any value a decoder makes.
    """
    _refuse_foreign(field, value, limits.DATA_DEPTH)
    if isinstance(value, dict) and any(key.startswith("hubbub") for key in value):
        raise ShapeError(f"{field} has a key that begins with hubbub, which is reserved")
    try:
        size_bytes = len(_COMPACT_JSON.encode(value).encode())
    except UnicodeEncodeError:
        raise ShapeError(f"{field} has half of a surrogate pair") from None
    except ValueError:
        raise ShapeError(f"{field} has a number that is not finite") from None
    if size_bytes > limits.DATA_BYTES:
        raise TooLargeError(f"{field} is longer than {limits.DATA_BYTES} bytes as JSON")
    return value


def _refuse_foreign(field: str, value: Any, depth_left: int) -> None:
    """Refuse what JSON cannot say and what is deeper than `depth_left` containers."""
    match value:
        case None | bool() | float() | str():
            return
        case int():
            if abs(value) > limits.SAFE_INTEGER:
                raise ShapeError(f"{field} has an integer of 2^53 or more")
            return
        case dict() if all(isinstance(key, str) for key in value):
            inner = list(value.values())
        case list():
            inner = value
        case _:
            raise ShapeError(f"{field} has a value that JSON does not know")
    if depth_left == 0:
        raise ShapeError(f"{field} is nested more than {limits.DATA_DEPTH} deep")
    for item in inner:
        _refuse_foreign(field, item, depth_left - 1)


def _readable(field: str, value: str) -> str:
    """`value`, if it is Unicode text without U+0000 in which something is visible."""
    if (not value.isascii() or "\0" in value) and _NUL_OR_SURROGATE.search(value):
        raise ShapeError(f"{field} has U+0000 or half of a surrogate pair")
    if not has_visible(value):
        raise ShapeError(f"{field} has nothing visible")
    return value


def has_visible(value: str) -> bool:
    """Whether a reader would see anything of `value`."""
    return _VISIBLE.search(value) is not None


def _sized(field: str, value: str, chars: int) -> str:
    if len(value) > chars:
        raise ShapeError(f"{field} is longer than {chars} characters")
    if not has_visible(value):
        raise ShapeError(f"{field} has nothing visible")
    return value


def _ascii(field: str, value: str, chars: int) -> str:
    if len(value) > chars or _PRINTABLE_ASCII.fullmatch(value) is None:
        raise ShapeError(f"{field} is not 1 to {chars} printable ASCII characters")
    return value


def _opaque(field: str, value: str, chars: int) -> str:
    if not 1 <= len(value) <= chars or _NUL_OR_SURROGATE.search(value):
        raise ShapeError(f"{field} is none that this server gave")
    return value
