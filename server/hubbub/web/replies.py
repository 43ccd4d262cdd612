"""Answers and refusals as HTTP responses (protocol, section 9).

Knows which status a code has. Refuses to know why something is refused.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from hubbub.domain.refusals import Code, Refusal
from hubbub.protocol.codecs import JSON
from hubbub.protocol.outbound import ServerFrame, nack

STATUS_BY_CODE = {
    Code.BAD_REQUEST: 400,
    Code.UNAUTHORIZED: 401,
    Code.FORBIDDEN: 403,
    Code.ANNOUNCEMENT_ONLY: 403,
    Code.MUTED: 403,
    Code.BANNED: 403,
    Code.EXPIRED: 403,
    Code.GUESTS_REFUSED: 403,
    Code.UNKNOWN_COMMAND: 404,  # a path that is none
    Code.UNKNOWN_ROOM: 404,
    Code.UNKNOWN_ENTRY: 404,
    Code.NOT_JOINED: 409,  # of the socket only
    Code.NO_CHANGE: 409,
    Code.EXISTS: 409,
    Code.TOO_LARGE: 413,
    Code.RATE_LIMITED: 429,
    Code.SLOW_MODE: 429,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.UNKNOWN_OUTCOME: 503,
}


def reply(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`content` as JSON."""
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


def frame_reply(frame: ServerFrame) -> Response:
    """A frame as a map, without the `ref` that no client gave."""
    return reply(_without(frame, "ref"))


def refusal_reply(
    refusal: Refusal,
    id: str | None = None,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as in section 6; `id` is that of a command which may be sent again."""
    status = STATUS_BY_CODE[refusal.code] if status is None else status
    more_headers = dict(headers or {})
    if status == 429:
        more_headers["Retry-After"] = str(max(1, math.ceil((refusal.retry_ms or 0) / 1000)))
    if status == 401:
        more_headers["WWW-Authenticate"] = "Bearer"
    return reply(_without(nack(0, refusal, id), "t", "ref"), status, more_headers)


def _without(frame: ServerFrame, *names: str) -> dict[str, Any]:
    fields = msgspec.json.decode(JSON.encode(frame), type=dict[str, msgspec.Raw])
    return {name: value for name, value in fields.items() if name not in names}
