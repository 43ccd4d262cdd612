"""The document of HTTP against the routes and what they answer."""

import json
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec import Raw
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks.delivery import Body, Gap, Place
from hubbub.hooks.incoming import HookBook
from hubbub.settings import Settings
from hubbub.spec import openapi
from hubbub.spec.documents import DOCUMENTS
from hubbub.tokens import Tokens
from hubbub.web.app import create_app
from hubbub.web.replies import STATUS_BY_CODE
from tests.support.conformity import Documented, json_of
from tests.unit.web.fake_node import FakeNode

DOCUMENTED = Documented()
HTTP = openapi.document()
NOT_CALLS = {"/ws", "/api", "/metrics"}
"""Answered with what one should have asked; or numbers, in a form that Prometheus knows."""


@pytest.fixture
def app(node: FakeNode, tokens: Tokens, book: HookBook) -> Starlette:
    return create_app(node, tokens, Settings(host="127.0.0.1", port=8000), book, documents=DOCUMENTS)


def routes(within: list[BaseRoute], before: str = "") -> set[tuple[str, str]]:
    """Every method and path of an application, but for its pages."""
    found: set[tuple[str, str]] = set()
    for one in within:
        if isinstance(one, Mount) and one.path:
            found |= routes(list(one.routes), before + one.path)
        elif isinstance(one, Route) and one.path not in NOT_CALLS:
            found |= {(method, before + one.path) for method in one.methods or ()}
    return {(method, path) for method, path in found if method != "HEAD"}


def test_the_document_describes_the_calls_that_there_are(app: Starlette) -> None:
    described = {(method.upper(), path) for path, methods in HTTP["paths"].items() for method in methods}
    assert described == routes(app.routes)


async def test_bodies_of_answers_are_as_described(client: httpx2.AsyncClient) -> None:
    room = "/api/rooms/place/agora"
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/api/guest", {"name": "Amina"}),
        ("GET", "/api/hubs", None),
        ("GET", "/api/hubs/place/rooms", None),
        ("POST", "/api/hubs/place/rooms", {"room": "news", "title": "News", "mode": "agora"}),
        ("GET", f"{room}/entries", None),
        ("POST", f"{room}/entries", {"text": "Bonjour"}),
        ("PUT", f"{room}/mode", {"mode": "announcement", "reason": "Talk starts"}),
        ("POST", f"{room}/hooks", {"name": "CI"}),
        ("GET", f"{room}/hooks", None),
        ("GET", "/livez", None),
        ("GET", "/readyz", None),
    ]
    for method, path, body in asked:
        response = await client.request(method, path, json=body)
        operation = DOCUMENTED.operation(method, path)
        assert operation is not None
        if body is not None:
            assert not DOCUMENTED.faults_of_body(json_of(operation["requestBody"]), body)
        assert response.status_code == 200, response.text
        assert not DOCUMENTED.faults_of_response(method, path, 200, response.json())


@pytest.mark.parametrize("code", Code)
async def test_a_refusal_is_as_described(client: httpx2.AsyncClient, node: FakeNode, code: Code) -> None:
    node.fault = Refused(Refusal(code, "For a test.", retry_ms=10), "01J")
    response = await client.get("/api/hubs")
    assert response.status_code == STATUS_BY_CODE[code]
    assert not DOCUMENTED.faults_of_body({"$ref": "#/components/schemas/Refusal"}, response.json())


def test_a_delivery_to_a_webhook_is_as_described() -> None:
    entry = Raw(b'{"seq":9,"at":1,"kind":"removed","by":{"id":"u:7","kind":"person"}}')
    body = Body("place/agora", "k4", 9, Place("k3", 5), [entry], Gap(5, 7))
    described = {"$ref": "#/components/schemas/Delivery"}
    assert not DOCUMENTED.faults_of_body(described, json.loads(msgspec.json.encode(body)))
    assert set(HTTP["components"]["schemas"]["Delivery"]["properties"]) == set(Body.__struct_fields__)


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_document_is_served_to_everybody_and_not_sent_again(
    stranger: httpx2.AsyncClient, path: str
) -> None:
    first = await stranger.get(path)
    assert first.status_code == 200 and first.content == DOCUMENTS[path]()
    assert first.headers["content-type"] == "application/json"
    assert first.headers["content-encoding"] == "gzip"
    again = await stranger.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert again.headers["etag"] == first.headers["etag"]
