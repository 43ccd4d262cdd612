"""What a reader of the documents must know beyond types: how a connection goes, and what is refused how.

Knows the rules of docs/protocol.md that a client cannot guess, in short. Refuses to know the shape of a
document.
"""

from typing import Any, Final

from hubbub.domain import limits
from hubbub.domain.refusals import TEMPORARY, Code
from hubbub.protocol.closes import CloseCode
from hubbub.spec.docstrings import of_fields

ABOUT: Final = """\
A discussion server of hubs and rooms. A room is one ordered log: what happens in it (a message, an edit,
a removal, a reaction, a switch of mode, a sanction, a role) is an entry with a `seq`, 1, 2, 3, … without
holes, under an `epoch`, an opaque string that names this incarnation of the log.

Ignore pushes, fields, features and kinds of entries that you do not know; an unknown kind still advances
`seq`."""

SOCKET: Final = f"""\
One WebSocket message carries exactly one frame: a map with `t`, its type. Offer the subprotocol
`hubbub.v1.json` (text messages, a JSON object) or `hubbub.v1.msgpack` (binary messages, a MessagePack
map: strings are `str`, no ext types); the server picks the first one offered that it knows, and
`hubbub.v1.json` if none is offered. Only unknown ones offered: HTTP 400. An `Origin` that is not the
server's: HTTP 403; programs send none. A message of the other kind closes with 1003.

1. Send `hello` first, within {limits.HELLO_SECONDS} s: a token, or a guest's name. `welcome` tells the
   limits. Any other command before it closes with 4501.
2. A command carries `ref`, an integer of your choice; the one reply to it carries the same `ref`: the
   frame named in `reply`, or `nack`. A frame without `ref` is a push. Commands may be sent without
   waiting; those of one connection for one room take effect in the order sent. A refused one has
   changed nothing. The third message within a minute that is no frame at all closes with 4501.
3. `join` a room before you publish in it. The pushes of `entry` begin at `joined.seq + 1`, in `seq`
   order, without hole or repeat, one's own included.
4. Keep `(epoch, seq)` of the last entry. After a lost connection, `join` with `after`: `recovered: true`
   brings exactly what followed, raw; `false` brings the newest entries, folded, as a fresh join does.
   Where `entries` stop before the newest (a long absence), the rest follows as pushes.
5. Send a command again, unchanged and with the same `id`, if its reply did not come: within
   {limits.DUPLICATE_SECONDS // 60} minutes it is acked with the same `seq`, and nothing is appended
   twice.
6. Answer `ping` with `pong` (or a WebSocket pong) within {limits.PONG_SECONDS} s. Read on: who reads
   nothing for {limits.SLOW_READER_SECONDS} s is closed with 4008.
7. `reset` takes the connection out of the room: join again. `left` with a `reason` does too, and joining
   again will be refused. `drain` announces that the server goes: come back after `reconnect_ms`.
8. Close codes from 4000 to 4499 say come back, those from 4500 to 4999 do not (`x-close-codes`).

Folded (`joined` with `recovered: false`, `history`): a message has its newest text, its reactions and
one's own; later `edit`, `reaction` and `removal` entries apply on top, those up to `as_of` (or
`joined.seq`) are in it already. A removed message stands as `removed`."""

HTTP: Final = """\
The same rooms for scripts: JSON, with `Authorization: Bearer <token>` on every call but the one that
makes a guest. What the socket refuses, HTTP refuses with the same code. A reply has the fields of its
frame on the socket without `ref`. A path that is none is 404 with `unknown_command`, a method that is
none 405; a body is at most 64 KiB and whole within 10 s. Too many connections of one address: 429 with
`Retry-After` and no body."""

_NO: Final = "no"


def refusals() -> list[dict[str, Any]]:
    """Every code, what it means, and whether the same command may be accepted later."""
    said = of_fields(Code)
    return [{"code": code.value, "meaning": said[code.name], "temporary": code in TEMPORARY} for code in Code]


def close_codes() -> list[dict[str, Any]]:
    """Every close code, what it says, and whether and when to come back."""
    return [{"code": int(code), "reason": code.reason, "come_back": _advice(code)} for code in CloseCode]


def _advice(code: CloseCode) -> str:
    match code:
        case CloseCode.GOING_AWAY | CloseCode.RESTARTING:
            return "after the `reconnect_ms` of `drain`, or 1 to 15 s at random"
        case CloseCode.TOKEN_REFUSED:
            return "with a new token"
        case _ if not code.may_come_back:
            return _NO
        case _ if code.come_back_after_seconds:
            return f"yes, after at least {code.come_back_after_seconds} s"
        case _:
            return "yes"
