"""`hubbub hook` and `hubbub webhook` on the store of a server."""

from __future__ import annotations

import asyncio
import sys

import pytest

from hubbub.hooks.incoming import HookBook
from tests.integration.hooks.conftest import Bench
from tests.support.stores import Store

URL = "https://site.example/in"


async def hubbub(store: Store, *words: str) -> tuple[int, str]:
    """A command's exit code, and what it wrote to standard output, or to standard error if it failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hubbub", *words, "--redis-url", store.url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        out, fault = await process.communicate()
    code = process.returncode or 0
    return code, (fault if code else out).decode().strip()


async def test_a_hook_is_made_listed_and_removed(bench: Bench, store: Store) -> None:
    code, path = await hubbub(store, "hook", "create", bench.place.agora, "--name", "CI", "--role", "speaker")
    assert code == 0 and path.startswith("/hooks/")
    hook = await HookBook(bench.store).find(path.removeprefix("/hooks/"))
    assert hook is not None and (hook.room, hook.role) == (bench.place.agora, "speaker")
    _, listed = await hubbub(store, "hook", "list")
    assert hook.id in listed and path.removeprefix("/hooks/") not in listed
    assert (await hubbub(store, "hook", "remove", hook.id))[0] == 0
    assert (await hubbub(store, "hook", "remove", hook.id))[0] == 1


async def test_a_webhook_is_made_listed_enabled_and_removed(bench: Bench, store: Store) -> None:
    await bench.place.say("before")
    code, key = await hubbub(store, "webhook", "create", bench.place.agora, URL, "--kinds", "message,mode")
    assert code == 0
    [(webhook, progress)] = [pair for pair in await bench.book.all() if pair[0].room == bench.place.agora]
    assert (webhook.secret, webhook.url, webhook.kinds) == (key, URL, ("message", "mode"))
    assert progress.seq == 1, "what was said before is not sent"
    assert await bench.book.take(webhook.id, "n") and await bench.book.keep(webhook.id, "n", disabled="gone")
    _, listed = await hubbub(store, "webhook", "list")
    assert f"{webhook.id}  {bench.place.agora}  1  {URL}  [message,mode]  DISABLED: gone" in listed
    assert key not in listed
    assert (await hubbub(store, "webhook", "enable", webhook.id))[0] == 0
    assert "DISABLED" not in (await hubbub(store, "webhook", "list"))[1]
    assert (await hubbub(store, "webhook", "remove", webhook.id))[0] == 0
    assert (await hubbub(store, "webhook", "enable", webhook.id))[0] == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("http://site.example/",), "--allow-private-webhooks"),
        (("https://127.0.0.1/",), "--allow-private-webhooks"),
        ((URL, "--kinds", "gossip"), "gossip"),
        ((URL, "--secret", "short"), "--secret"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused_in_one_line(
    bench: Bench, store: Store, words: tuple[str, ...], named: str
) -> None:
    code, fault = await hubbub(store, "webhook", "create", bench.place.agora, *words)
    assert code == 2 and named in fault and "\n" not in fault
