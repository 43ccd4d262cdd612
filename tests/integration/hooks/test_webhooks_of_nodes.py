"""Webhooks of real servers: one node sends at a time, and its end loses nothing."""

from __future__ import annotations

import re
from pathlib import Path

from hubbub.hooks.outgoing import Webhook, WebhookBook
from hubbub.roomlog import client
from tests.support.receiver import Receiver
from tests.support.server import Node, options_for, running_node, running_nodes
from tests.support.stores import running_store
from tests.support.tokens import token
from tests.support.waiting import until

ROOM = "place/agora"
TAKEOVER_SECONDS = 15.0


async def say(node: Node, text: str) -> int:
    """A message; gives its `seq`."""
    who = token("u:amina")
    answer = await node.http("POST", f"/api/rooms/{ROOM}/entries", token=who, json={"text": text})
    assert answer.status_code == 200, answer.text
    seq: int = answer.json()["seq"]
    return seq


async def webhook_to(store_url: str, receiver: Receiver, node: Node) -> Webhook:
    """A webhook for what comes after a first message."""
    seq = await say(node, "before")
    page = await node.http("GET", f"/api/rooms/{ROOM}/entries?limit=1", token=token("u:amina"))
    connections = client.Store(store_url)
    try:
        book = WebhookBook(connections)
        return await book.create(ROOM, receiver.url, None, (), page.json()["epoch"], seq)
    finally:
        await connections.aclose()


def texts(receiver: Receiver) -> list[str | None]:
    """What was accepted, in order, without what came again."""
    seen: dict[int, str | None] = {}
    for taken in receiver.accepted:
        for seq, text in zip(taken.seqs, taken.texts, strict=True):
            assert seq in seen or seq == max(seen, default=seq - 1) + 1, "out of order"
            seen[seq] = text
    return list(seen.values())


async def test_another_node_goes_on_where_one_was_killed(tmp_path: Path, receiver: Receiver) -> None:
    with running_store(tmp_path / "store") as store:
        options = (*options_for(store.url, is_lossless=True), "--allow-private-webhooks")
        async with running_nodes(tmp_path, 2, *options) as [first, second]:
            await webhook_to(store.url, receiver, first)
            await say(first, "one")
            await until("it arrives", lambda: texts(receiver) == ["one"])
            holder = str(store.command("GET", *store.command("KEYS", "*:lease"))).split()[0]
            is_first = re.search(holder, await metrics_of(first)) is not None
            killed, alive = (first, second) if is_first else (second, first)
            killed.kill()
            await say(alive, "two")
            await until("it arrives", lambda: texts(receiver) == ["one", "two"], TAKEOVER_SECONDS)


async def metrics_of(node: Node) -> str:
    return (await node.http("GET", "/metrics")).text


async def test_what_was_said_while_nobody_sent_is_sent_after_a_restart(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running_store(tmp_path / "store") as store:
        options = options_for(store.url, is_lossless=True)
        async with running_node(tmp_path / "n", *options, "--allow-private-webhooks") as node:
            await webhook_to(store.url, receiver, node)
            receiver.statuses.extend([500] * 3)
            await say(node, "one")
            await until("it was tried", lambda: receiver.taken)
            node.kill()
            receiver.statuses.clear()
            await node.restart()
            await say(node, "two")
            await until("both arrive", lambda: texts(receiver) == ["one", "two"], TAKEOVER_SECONDS)
