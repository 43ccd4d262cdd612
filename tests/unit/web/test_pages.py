"""Files as a browser gets them: their types, their compression, and what is not sent twice."""

import os
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hubbub.web.pages import Pages

LONG = "export const words = 'again and again';\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small page."""
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Hubbub</title>")
    (tmp_path / "404.html").write_text("<!doctype html><title>Not found</title>")
    (tmp_path / "js" / "main.js").write_text(LONG)
    (tmp_path / "js" / "Decoder.mjs").write_text("export {};")
    (tmp_path / "bot.py").write_text("print()")
    return tmp_path


@pytest.fixture
def pages(folder: Path) -> httpx2.AsyncClient:
    """A client of that page, which takes no compression unless it says so."""
    transport = httpx2.ASGITransport(Starlette(routes=[Mount("/", Pages(folder))]))
    return httpx2.AsyncClient(
        transport=transport, base_url="http://anywhere.example", headers={"Accept-Encoding": "identity"}
    )


async def test_a_browser_that_reads_gzip_gets_it_and_others_do_not(pages: httpx2.AsyncClient) -> None:
    small = await pages.get("/js/main.js", headers={"Accept-Encoding": "gzip, br"})
    whole = await pages.get("/js/main.js")

    assert small.text == whole.text == LONG
    assert small.headers["content-encoding"] == "gzip" and "content-encoding" not in whole.headers
    assert int(small.headers["content-length"]) < len(LONG) == int(whole.headers["content-length"])
    assert small.headers["vary"] == whole.headers["vary"] == "Accept-Encoding"


async def test_what_would_not_shrink_is_sent_as_it_is(pages: httpx2.AsyncClient) -> None:
    tiny = await pages.get("/js/Decoder.mjs", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in tiny.headers


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_what_a_browser_has_is_not_sent_again(pages: httpx2.AsyncClient, encoding: str) -> None:
    first = await pages.get("/js/main.js", headers={"Accept-Encoding": encoding})

    again = await pages.get("/js/main.js", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})

    assert again.status_code == 304 and not again.content
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_file_that_was_changed_is_read_anew(pages: httpx2.AsyncClient, folder: Path) -> None:
    first = await pages.get("/")
    (folder / "index.html").write_text("<!doctype html><title>Changed</title>")
    os.utime(folder / "index.html", ns=(1, 1))

    again = await pages.get("/", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 200 and "Changed" in again.text


@pytest.mark.parametrize("path", ["/js/main.js", "/js/Decoder.mjs"])
async def test_modules_have_the_type_that_browsers_insist_on(pages: httpx2.AsyncClient, path: str) -> None:
    assert (await pages.get(path)).headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["/nothing", "/js/", "/js/../bot.py", "/bot.py", "/../bot.py"])
async def test_an_unknown_path_is_answered_by_a_page_for_people(pages: httpx2.AsyncClient, path: str) -> None:
    lost = await pages.get(path)

    assert lost.status_code == 404
    assert lost.headers["content-type"].startswith("text/html") and "Not found" in lost.text
