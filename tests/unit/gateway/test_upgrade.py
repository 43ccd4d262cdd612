"""The handshake, as an independent client puts it and reads its answer."""

from http import HTTPStatus

import pytest
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from hubbub.gateway.upgrade import HEAD_ENDS, Request, refused

LAWFUL = {
    "Host": "localhost:8000",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def request(method: str = "GET", **changed: str | None) -> Request:
    headers = {**LAWFUL, **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return Request("\r\n".join([f"{method} /ws HTTP/1.1", *lines]).encode())


@pytest.mark.parametrize("subprotocol", [None, "hubbub.v1.json"])
def test_a_client_takes_the_answer_for_the_handshake_it_began(subprotocol: str | None) -> None:
    offered = [Subprotocol(subprotocol)] if subprotocol is not None else None
    client = ClientProtocol(parse_uri("ws://localhost/ws"), subprotocols=offered)
    client.send_request(client.connect())
    asked = Request(b"".join(client.data_to_send()).removesuffix(HEAD_ENDS))
    assert (asked.path, asked.fault(), asked.words("sec-websocket-protocol")) == ("/ws", None, offered or [])
    client.receive_data(asked.accepted(subprotocol))
    assert (client.state, client.subprotocol, client.handshake_exc) == (State.OPEN, subprotocol, None)


def test_the_key_is_answered_as_the_specification_shows() -> None:
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in request().accepted(None)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"method": "POST"}, HTTPStatus.METHOD_NOT_ALLOWED),
        ({"Upgrade": None}, HTTPStatus.UPGRADE_REQUIRED),
        ({"Upgrade": "h2c"}, HTTPStatus.UPGRADE_REQUIRED),
        ({"Upgrade": "h2c, websocket"}, HTTPStatus.UPGRADE_REQUIRED),
        ({"Connection": "keep-alive"}, HTTPStatus.UPGRADE_REQUIRED),
        ({"Sec_WebSocket_Version": None}, HTTPStatus.BAD_REQUEST),
        ({"Sec_WebSocket_Version": "8"}, HTTPStatus.BAD_REQUEST),
        ({"Sec_WebSocket_Version": "13, 8"}, HTTPStatus.BAD_REQUEST),
        ({"Sec_WebSocket_Key": None}, HTTPStatus.BAD_REQUEST),
        ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ"}, HTTPStatus.BAD_REQUEST),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, HTTPStatus.BAD_REQUEST),
        ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZ\xe9=="}, HTTPStatus.BAD_REQUEST),
    ],
)
def test_what_is_no_handshake_is_told_so(changed: dict[str, str | None], status: HTTPStatus) -> None:
    method = changed.pop("method", None) or "GET"
    fault = request(method, **changed).fault()
    assert fault is not None and fault[0] is status


def test_a_second_key_is_one_too_many() -> None:
    lines = [f"{name}: {value}" for name, value in (*LAWFUL.items(), ("sec-websocket-key", "AA=="))]
    twice = Request("\r\n".join(["GET /ws HTTP/1.1", *lines]).encode())
    assert twice.values("sec-websocket-key") == [LAWFUL["Sec-WebSocket-Key"], "AA=="]
    fault = twice.fault()
    assert fault is not None and "Sec-WebSocket-Key" in fault[1]


def test_names_of_headers_and_words_are_the_same_in_any_case() -> None:
    lowered = Request(
        b"GET /ws HTTP/1.1\r\nupgrade: WebSocket\r\nCONNECTION:upgrade\r\n"
        b"sec-websocket-key:  dGhlIHNhbXBsZSBub25jZQ== \r\nsec-websocket-version: 13"
    )
    assert lowered.fault() is None


@pytest.mark.parametrize("head", [b"", b"GET", b"GET /ws", b"GET /a b HTTP/1.1"])
def test_what_is_no_request_is_not_taken_for_one(head: bytes) -> None:
    with pytest.raises(ValueError):
        Request(head)


def test_a_refusal_says_why_and_that_it_is_the_end() -> None:
    head, _, body = refused(HTTPStatus.FORBIDDEN, "Not you, Zoé.\n").partition(HEAD_ENDS)
    assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n") and b"\r\nConnection: close\r\n" in head
    assert b"\r\nContent-Length: %d" % len(body) in head and body.decode() == "Not you, Zoé.\n"
