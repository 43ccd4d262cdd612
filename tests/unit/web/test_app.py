"""Pages, probes and the headers on everything."""

from pathlib import Path

import httpx2
import pytest

from hubbub.hooks.incoming import HookBook
from hubbub.settings import Settings
from hubbub.tokens import Tokens
from hubbub.web import app as web_app
from hubbub.web.guards import CONTENT_SECURITY_POLICY
from tests.unit.hooks.fake_store import FakeStore
from tests.unit.web.fake_node import FakeNode


@pytest.fixture
async def pages(
    tmp_path: Path, node: FakeNode, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> httpx2.AsyncClient:
    """A client of an application whose pages are those of a folder of this test."""
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Hubbub</title>")
    (tmp_path / "js" / "main.js").write_text("export {};")
    monkeypatch.setattr(web_app, "pages_folder", lambda: tmp_path)
    transport = httpx2.ASGITransport(web_app.create_app(node, tokens, Settings(), HookBook(FakeStore())))
    return httpx2.AsyncClient(transport=transport, base_url="http://anywhere.example")


async def test_pages_are_served_under_any_name(pages: httpx2.AsyncClient) -> None:
    page = await pages.get("/")
    assert page.status_code == 200 and "Hubbub" in page.text
    script = await pages.get("/js/main.js")
    assert script.headers["content-type"].startswith("text/javascript")


async def test_page_is_asked_for_again_and_not_sent_again(pages: httpx2.AsyncClient) -> None:
    first = await pages.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = await pages.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/none.html",
        "/js",
        "/../pyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2fetc/passwd",
        "/%00",
        "/js/%5c..%5c..",
        "/~root",
        "/.env",
        "/" + "a" * 5000,
    ],
)
async def test_what_is_no_page_is_not_found(pages: httpx2.AsyncClient, path: str) -> None:
    assert (await pages.get(path)).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_pages_are_only_read(pages: httpx2.AsyncClient, method: str) -> None:
    assert (await pages.request(method, "/")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/none", "/livez", "/readyz", "/ws", "/api/hubs", "/api/nothing"])
async def test_security_headers_are_on_everything_that_can_be_opened(
    pages: httpx2.AsyncClient, path: str
) -> None:
    headers = (await pages.get(path)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] in ("no-store", "no-cache")


async def test_a_script_is_only_taken_for_a_script(pages: httpx2.AsyncClient) -> None:
    headers = (await pages.get("/js/main.js")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"].startswith("text/javascript")
    assert headers["cache-control"] == "no-cache"


async def test_security_headers_are_on_our_own_faults(client: httpx2.AsyncClient, node: FakeNode) -> None:
    node.fault = RuntimeError("broken")
    response = await client.get("/api/hubs")
    assert response.status_code == 500
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_policy_lets_a_page_run_its_own_scripts_only() -> None:
    directives = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["default-src"] == "'none'" and directives["script-src"] == "'self'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY and "*" not in CONTENT_SECURITY_POLICY


async def test_alive_whatever_the_store_does(pages: httpx2.AsyncClient, node: FakeNode) -> None:
    node.is_ready = node.has_store = False
    assert (await pages.get("/livez")).status_code == 200


@pytest.mark.parametrize(
    ("is_ready", "has_store", "status"), [(True, True, 200), (True, False, 503), (False, True, 503)]
)
async def test_ready_while_not_draining_and_the_store_answers(
    pages: httpx2.AsyncClient, node: FakeNode, is_ready: bool, has_store: bool, status: int
) -> None:
    node.is_ready, node.has_store = is_ready, has_store
    response = await pages.get("/readyz")
    assert response.status_code == status
    assert response.json() == {"ready": status == 200}
    assert response.headers["cache-control"] == "no-store"


async def test_socket_path_without_an_upgrade_says_what_it_speaks(pages: httpx2.AsyncClient) -> None:
    response = await pages.get("/ws")
    assert response.status_code == 426 and response.headers["upgrade"] == "websocket"
