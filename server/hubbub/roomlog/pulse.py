"""Whether anything has happened in hubs, for many of them at once and next to nothing each.

Knows two fields of a hub and the store's `run_id`. Refuses to touch anything, unlike the functions of the
log: who finds that something has happened asks those.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hubbub.roomlog import keys
from hubbub.roomlog.client import Command, Store
from hubbub.roomlog.clock import StoreClock

_RUN_ID = re.compile(rb"run_id:(\w+)")


@dataclass(frozen=True, slots=True)
class Pulse:
    """A hub's revision, and how many envelopes it has published."""

    rev: str
    batches: int


async def pulses(
    store: Store, clock: StoreClock, hubs: Sequence[str], is_lossless: bool
) -> list[Pulse | None]:
    """The pulse of each hub; None for one that is lost, or whose epoch has to be renewed."""
    asked: list[Command] = [("TIME",), ("INFO", "server")]
    asked += [("HMGET", keys.hub_key(hub, "hub"), "epoch", "rev", "batches", "run_id") for hub in hubs]
    replies = await store.pipeline(asked)
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    (seconds, microseconds), server, *found = replies
    clock.was(int(seconds) * 1000 + int(microseconds) // 1000)
    run_id = _RUN_ID.search(server)
    now = run_id[1] if run_id is not None else None
    return [
        Pulse(f"{epoch.decode()} {rev.decode()}", int(batches or 0))
        if epoch and (is_lossless or written_by == now)
        else None
        for epoch, rev, batches, written_by in found
    ]
