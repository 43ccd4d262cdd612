"""Knows how to read a room's whole retained log through `history`; refuses to judge it."""

from __future__ import annotations

from typing import Any

from tests.support.client import Client
from tests.support.journal import Log

# ten times retain_messages, the most entries a room keeps, in pages of 300
MAX_PAGES = 400


async def read_log(client: Client, room: str) -> Log:
    """Page through a room's log from its newest entry to its oldest; returns it ascending.

    The room should be quiet: a change of epoch between two pages is an error.
    """
    entries: list[dict[str, Any]] = []
    before: int | None = None
    newest: dict[str, Any] = {}
    for _ in range(MAX_PAGES):
        command: dict[str, Any] = {"t": "history", "room": room, "limit": 300}
        page = await client.ask(command if before is None else {**command, "before": before})
        assert page["t"] == "history", page
        newest = newest or page
        assert page["epoch"] == newest["epoch"], "the epoch changed while the log was read"
        entries[:0] = page["entries"]
        if not page["more"] or not page["entries"]:
            break
        before = page["entries"][0]["seq"]
    return Log(room, newest["epoch"], newest["first"], newest["as_of"], tuple(entries))
