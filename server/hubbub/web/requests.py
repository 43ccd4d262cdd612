"""What a request says, with the bounds on how long and how big it may be.

Knows headers, queries and bodies, and makes the commands of the wire of them, so that HTTP and the socket
have one set of rules. Refuses to know what a command does. All faults are raised as Refused.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import NoReturn, TypeVar

import msgspec
from starlette.requests import Request

from hubbub.domain import limits
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.protocol.codecs import JSON, FrameRefused
from hubbub.protocol.frames import ClientFrame

BODY_SECONDS = 10.0  # for a whole body, as for a whole request head
_INTEGER = re.compile(r"[0-9]{1,16}")
_OF_THE_PATH = ("t", "ref", "room")

Fields = Mapping[str, object]
S = TypeVar("S", bound=msgspec.Struct)


async def body_of(request: Request) -> bytes:
    """The whole body; `too_large` over 64 KiB, without reading on."""
    length = request.headers.get("content-length", "0")
    if not _INTEGER.fullmatch(length) or int(length) > limits.FRAME_BYTES:
        _refuse_length()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.FRAME_BYTES:
                    _refuse_length()
    except TimeoutError:
        refuse(f"body did not come within {BODY_SECONDS:.0f} s")
    return bytes(body)


async def fields_of(request: Request) -> dict[str, msgspec.Raw]:
    """The fields of a JSON object, each still to be looked at."""
    try:
        return msgspec.json.decode(await body_of(request), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refuse("body is not a JSON object")


async def struct_of(request: Request, shape: type[S]) -> S:
    """The body as a `shape` of strings; the reason names the field that is wrong."""
    body = await body_of(request)
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as fault:
        refuse(f"body: {fault}"[: limits.REASON_CHARS])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refuse("body is not a JSON object")


def query_of(request: Request) -> dict[str, object]:
    """The fields of the query; digits are integers. None may stand twice."""
    fields: dict[str, object] = {}
    for name, text in request.query_params.multi_items():
        if name in fields:
            refuse(f"{_echo(name)} stands twice")
        fields[name] = int(text) if _INTEGER.fullmatch(text) else text
    return fields


def key_of(request: Request) -> dict[str, object]:
    """The header `Idempotency-Key` as the field `id`, where it is there."""
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1:
        refuse("id: Idempotency-Key stands twice")
    return {"id": keys[0]} if keys else {}


def command_of(t: str, request: Request, *parts: Fields) -> ClientFrame:
    """The command `t` for the room of the path, by the very decoder of the socket."""
    fields: dict[str, object] = {}
    for part in parts:
        for name in part:
            if name in _OF_THE_PATH:
                refuse(f"{name} is unknown")
            if name in fields:
                refuse(f"{_echo(name)} stands twice")
        fields |= part
    room = f"{request.path_params['hub']}/{request.path_params['room']}"
    try:
        return JSON.decode(msgspec.json.encode({"t": t, "ref": 1, "room": room, **fields}))
    except FrameRefused as fault:
        raise Refused(fault.refusal) from None


def refuse(reason: str) -> NoReturn:
    """Raises `bad_request`; `reason` begins with the field."""
    raise Refused(Refusal(Code.BAD_REQUEST, reason))


def _refuse_length() -> NoReturn:
    raise Refused(Refusal(Code.TOO_LARGE, f"body is longer than {limits.FRAME_BYTES} bytes"))


def _echo(name: str) -> str:
    return name[: limits.ECHO_CHARS]
