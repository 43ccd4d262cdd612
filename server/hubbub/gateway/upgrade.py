"""The request that asks for a WebSocket, and the answers to it (RFC 6455, section 4.2).

Knows the headers of the handshake. Refuses to know who may connect (door), sockets, and HTTP: the request
has been read and delimited before, by a parser of HTTP.
"""

import base64
import binascii
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from websockets.utils import accept_key

HEAD_ENDS: Final = b"\r\n\r\n"

_VERSION: Final = "13"
_KEY_BYTES: Final = 16


class Request:
    """An upgrade request; names of headers in lower case, each value as it was sent."""

    __slots__ = ("_values_by_name", "method", "path")

    def __init__(self, head: bytes) -> None:
        """Takes the whole head, without the empty line at its end; ValueError if it is none."""
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self._values_by_name: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            self._values_by_name.setdefault(name.lower(), []).append(value.strip(" \t"))

    def values(self, name: str) -> list[str]:
        """The values of all headers of that name."""
        return self._values_by_name.get(name, [])

    def words(self, name: str) -> list[str]:
        """What the headers of that name list, separated by commas."""
        words = (word.strip(" \t") for value in self.values(name) for word in value.split(","))
        return [word for word in words if word]

    def fault(self) -> tuple[HTTPStatus, str] | None:
        """Why it is no handshake, if it is none: a status and a text for people."""
        if self.method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, "A WebSocket is opened by GET.\n"
        is_upgrade = "upgrade" in (word.lower() for word in self.words("connection"))
        if not is_upgrade or [word.lower() for word in self.words("upgrade")] != ["websocket"]:
            return HTTPStatus.UPGRADE_REQUIRED, "This is for WebSocket clients.\n"
        if self.values("sec-websocket-version") != [_VERSION]:
            return HTTPStatus.BAD_REQUEST, f"Sec-WebSocket-Version must be {_VERSION}.\n"
        keys = self.values("sec-websocket-key")
        if len(keys) != 1 or not _is_key(keys[0]):
            return HTTPStatus.BAD_REQUEST, f"Sec-WebSocket-Key must be {_KEY_BYTES} bytes in base64.\n"
        return None

    def accepted(self, subprotocol: str | None) -> bytes:
        """The answer to a request without a fault; no extension is ever agreed on."""
        agreed = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol is not None else ""
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(self.values('sec-websocket-key')[0])}\r\n{agreed}\r\n"
        ).encode("ascii")


def refused(status: HTTPStatus, text: str) -> bytes:
    """The answer to a request that may not upgrade."""
    more = "Allow: GET\r\n" if status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    more += "Upgrade: websocket\r\n" if status is HTTPStatus.UPGRADE_REQUIRED else ""
    body = text.encode()
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nDate: {formatdate(usegmt=True)}\r\nConnection: close\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    ).encode("ascii") + body


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
