"""The document of the socket: AsyncAPI 3.1, from the server's side.

Knows which frame answers which command, and what AsyncAPI calls things. Refuses to know the shapes of frames
(schemas) and the rules in sentences (words).
"""

from typing import Any, Final

import msgspec

import hubbub
from hubbub.protocol import frames
from hubbub.protocol.codecs import CODECS
from hubbub.spec import words
from hubbub.spec.docstrings import of_class
from hubbub.spec.examples import of_frame
from hubbub.spec.schemas import ANSWERS, COMMANDS, ref, schemas, title_of

CHANNEL: Final = "socket"
_AT: Final = {"$ref": f"#/channels/{CHANNEL}"}
_REPLY_BY_COMMAND: Final[dict[type[msgspec.Struct], type[msgspec.Struct]]] = {
    frames.Hello: frames.Welcome,
    frames.Ping: frames.PongReply,
    frames.Watch: frames.Watching,
    frames.Unwatch: frames.Ack,
    frames.Join: frames.Joined,
    frames.Leave: frames.Left,
    frames.History: frames.HistoryPage,
    frames.Who: frames.WhoPage,
    frames.People: frames.PeoplePage,
    **dict.fromkeys(frames.Append.__args__, frames.Ack),
}


def document() -> dict[str, Any]:
    """The whole document; a new one each time."""
    every = [*COMMANDS, *ANSWERS]
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Hubbub over WebSocket",
            "version": hubbub.__version__,
            "description": words.ABOUT,
            "license": {"name": "Apache-2.0"},
            "x-refusals": words.refusals(),
            "x-close-codes": words.close_codes(),
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "localhost:8000", "protocol": "ws", "description": "`hubbub serve`."},
        },
        "channels": {CHANNEL: _channel(every)},
        "operations": {
            **{f"receive.{title_of(kind)}": _receive(kind) for kind in COMMANDS},
            **{f"send.{title_of(kind)}": _send(kind) for kind in ANSWERS if _is_pushed(kind)},
        },
        "components": {"messages": {kind.__name__: _message(kind) for kind in every}, "schemas": schemas()},
    }


def _channel(every: list[type[msgspec.Struct]]) -> dict[str, Any]:
    protocols = [codec.subprotocol for codec in CODECS]
    header = {"type": "string", "enum": protocols, "description": "The encodings that are offered."}
    return {
        "address": "/ws",
        "title": "The socket",
        "description": words.SOCKET,
        "servers": [{"$ref": "#/servers/local"}],
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in every},
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": header}},
                "bindingVersion": "0.1.0",
            }
        },
    }


def _receive(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """What the server does with a command."""
    operation = {"action": "receive", **_about(kind)}
    reply = _REPLY_BY_COMMAND.get(kind)
    if reply is None:
        return operation
    answers = [_message_at(reply), _message_at(frames.Nack)]
    return {**operation, "reply": {"channel": _AT, "messages": answers}}


def _send(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """What the server pushes."""
    return {"action": "send", **_about(kind)}


def _about(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"channel": _AT, "summary": of_class(kind), "messages": [_message_at(kind)]}


def _message_at(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{kind.__name__}"}


def _message(kind: type[msgspec.Struct]) -> dict[str, Any]:
    message = {
        "name": title_of(kind),
        "title": kind.__name__,
        "summary": of_class(kind),
        "payload": ref(kind.__name__),
        "examples": [{"name": name, "payload": frame} for name, frame in of_frame(kind)],
    }
    if "ref" in kind.__struct_fields__:
        message["correlationId"] = {
            "description": "A command and its reply carry the same `ref`.",
            "location": "$message.payload#/ref",
        }
    return message


def _is_pushed(kind: type[msgspec.Struct]) -> bool:
    """Whether the frame may come without being asked for, that is without `ref`."""
    return "ref" not in kind.__struct_fields__ or "ref" in _optional(kind)


def _optional(kind: type[msgspec.Struct]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(kind) if not field.required}
