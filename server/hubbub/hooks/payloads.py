"""What a program that POSTs to a hook wants to say: its payload as one message's text.

Knows which shape is whose, and which key makes a retry the same message. Refuses to know rooms, tokens
and the shapes themselves (github, alertmanager). What is no known shape is refused with the reason.
"""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from hubbub.domain import limits, names
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks import alertmanager, github
from hubbub.hooks.said import NothingToSay, Said

KEY_HEADER = "idempotency-key"
NO_TEXT = 'body: {"text": …} is wanted, or what GitHub or Alertmanager send'
_ID = re.compile(rf"[!-~]{{1,{limits.ID_CHARS}}}")


class Plain(msgspec.Struct, frozen=True):
    """The simplest shape; what else stands in it is left alone."""

    text: str


def said(body: bytes, headers: Mapping[str, str]) -> Said | NothingToSay:
    """What a body says, by its headers (in lower case); raises Refused (`bad_request`).

    The key is, in this order, `Idempotency-Key`, the delivery id of GitHub, what makes a notification of
    Alertmanager the one it is, or none.
    """
    spoken = _spoken(body, headers)
    if isinstance(spoken, NothingToSay):
        return spoken
    given = headers.get(KEY_HEADER) or headers.get(github.DELIVERY_HEADER)
    text = cut(spoken.text.replace("\0", ""))
    try:
        names.message_text("text", text)
    except names.ShapeError as fault:
        raise Refused(Refusal(Code.BAD_REQUEST, str(fault))) from None
    return Said(text, id_of(given or spoken.key))


def cut(text: str) -> str:
    """The text, or as much of it as a message may have, with an ellipsis."""
    return text if len(text) <= limits.TEXT_CHARS else text[: limits.TEXT_CHARS - 1] + "…"


def id_of(key: str | None) -> str | None:
    """A key as the id of a command: itself if it can be one, else its SHA-256."""
    if key is None or _ID.fullmatch(key):
        return key
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _spoken(body: bytes, headers: Mapping[str, str]) -> Said | NothingToSay:
    event = headers.get(github.EVENT_HEADER)
    try:
        if event is not None:
            return github.said(event, body)
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "alerts" in fields:
            return alertmanager.said(body)
        if "text" not in fields:
            raise Refused(Refusal(Code.BAD_REQUEST, NO_TEXT))
        return Said(msgspec.json.decode(body, type=Plain).text)
    except msgspec.ValidationError as fault:
        raise Refused(Refusal(Code.BAD_REQUEST, f"body: {fault}"[: limits.REASON_CHARS])) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        words = "body is not JSON (GitHub: choose the content type application/json)"
        raise Refused(Refusal(Code.BAD_REQUEST, words)) from None
