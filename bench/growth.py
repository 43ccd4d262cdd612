"""`python -m bench.growth`: what more people, rooms, hubs and history cost; writes docs/growth.md.

Knows how each is made large while the rest stays small. Refuses to know what is good enough: the capacity
model in docs/operations.md is worked out from what this prints.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop

from bench import machine, servers
from bench.machine import ROOT, cpu_seconds, rss_bytes
from bench.programs import build
from bench.servers import JSON, Hubbub
from bench.stage import SMALL, Scale, Stage
from hubbub.domain import entries
from hubbub.domain.identity import SYSTEM
from hubbub.roomlog.client import Store
from hubbub.roomlog.log import Retention, RoomLog

PEOPLE: Final = (1_000, 5_000, 18_000)
ROOMS: Final = (10, 1_000, 10_000, 100_000)
HUBS: Final = (1, 100, 1_000)
HISTORY: Final = (100, 5_000, 50_000)
NEIGHBOURS: Final = (2_000, 10_000)
SILENCE_SECONDS: Final = 12.0
"""Two of the checks that a node makes every 5 s, and a little."""
MADE_AT_ONCE: Final = 16
"""Rooms made at the same time: half of the connections that a pool has."""
PAGE: Final = ROOT / "docs" / "growth.md"

Line = tuple[str, ...]
Table = tuple[str, Line, Iterator[Line]]


def people(stage: Stage) -> Iterator[Line]:
    """One room; deliveries with one message in flight, and what a silent person keeps."""
    for count in PEOPLE:
        with stage.hubbub() as hubbub:
            ours = hubbub.talking(JSON)
            stage.measure(ours, "-c", 10, "-m", 10, "-w", 1)
            stage.rest(ours)
            before = rss_bytes(ours.pid)
            with stage.load(ours, "-c", count, "-m", max(20, 200_000 // count), "-w", 1) as load:
                load.opened()
                stage.rest(ours)
                kept = (rss_bytes(ours.pid) - before) / count
                silent = silence(ours.pid)
                load.go()
                found = load.found()
        micros = 1e6 * found.cpu.server_percent / 100 / found.delivered_per_s
        yield (
            f"{count:,}",
            f"{kept:,.0f}",
            f"{silent:.1f} %",
            f"{found.delivered_per_s:,.0f}",
            f"{micros:.1f}",
            f"{found.p99_ms:.0f} ms",
        )


def rooms(stage: Stage) -> Iterator[Line]:
    """Rooms that exist in one hub; ten people talk in one of them."""
    for count in ROOMS:
        with stage.hubbub() as hubbub:
            before = rss_bytes(store_pid(hubbub))
            make(hubbub, ["place"], [f"place/x{number}" for number in range(count)])
            kept = (rss_bytes(store_pid(hubbub)) - before) / count
            yield (f"{count:,}", f"{kept:,.0f}", *talk_in_agora(stage, hubbub))


def hubs(stage: Stage) -> Iterator[Line]:
    """Hubs with one room and one silent reader each, on one gateway."""
    for count in HUBS:
        names = [f"hub{number}" for number in range(count)]
        with stage.hubbub() as hubbub:
            make(hubbub, names, [f"{name}/room" for name in names])
            ours = hubbub.talking(JSON, "hub{g}/room")
            stage.measure(ours, "-c", 1, "-g", 1, "-m", 5, "-w", 1)
            stage.rest(ours)
            before = rss_bytes(ours.pid)
            with stage.load(ours, "-c", count, "-g", count, "-m", 0) as load:
                load.opened()
                stage.rest(ours)
                kept = (rss_bytes(ours.pid) - before) / count
                of_store = cpu_seconds(store_pid(hubbub))
                silent = silence(ours.pid)
                of_store = 100 * (cpu_seconds(store_pid(hubbub)) - of_store) / SILENCE_SECONDS
        yield f"{count:,}", f"{kept:,.0f}", f"{silent:.1f} %", f"{of_store:.1f} %"


def history(stage: Stage) -> Iterator[Line]:
    """Messages in one room before ten people talk in it; 10,000 are kept, older ones are trimmed."""
    for count in HISTORY:
        with stage.hubbub() as hubbub:
            before = rss_bytes(store_pid(hubbub))
            stage.measure(hubbub.talking(JSON), "-c", 10, "-m", count, "-w", 200)
            kept = rss_bytes(store_pid(hubbub)) - before
            yield (f"{count:,}", f"{kept / 2**20:.1f} MiB", *talk_in_agora(stage, hubbub))


def neighbours(stage: Stage) -> Iterator[Line]:
    """A second gateway with one reader, of a room whose other people are on the first."""
    for count in NEIGHBOURS:
        with stage.hubbub() as first, servers.gateway(stage.folder, stage.cores, first.store) as second:
            here, there = second.talking(JSON), first.talking(JSON)
            stage.measure(here, "-c", 10, "-m", 10, "-w", 1)
            with stage.load(here, "-c", 1, "-m", 0) as reader:
                reader.opened()
                stage.rest(second)
                before, kernel_before = rss_bytes(second.pid), machine.slab_bytes()
                with stage.load(there, "-c", count, "-m", 0) as crowd:
                    crowd.opened()
                    stage.rest(first)
                    stage.rest(second)
                    card = (rss_bytes(second.pid) - before) / count
                    kernel = (machine.slab_bytes() - kernel_before) / count / 2
                stage.rest(first)
                began, calls_began = cpu_seconds(second.pid), cpu_seconds(store_pid(first))
                stage.measure(there, "-c", 10, "-m", stage.scale.publishes, "-w", 200)
                heard = 1e6 * (cpu_seconds(second.pid) - began) / stage.scale.publishes
                batched = 1e6 * (cpu_seconds(store_pid(first)) - calls_began) / stage.scale.publishes
                began = cpu_seconds(store_pid(first))
                stage.measure(there, "-c", 2, "-m", stage.scale.publishes_alone, "-w", 1)
                alone = 1e6 * (cpu_seconds(store_pid(first)) - began) / stage.scale.publishes_alone
        yield (
            f"{count:,}",
            f"{card:,.0f}",
            f"{kernel:,.0f}",
            *(f"{it:.0f}" for it in (heard, batched, alone)),
        )


def talk_in_agora(stage: Stage, hubbub: Hubbub) -> Line:
    """Publishes a second with 200 in flight, the latency of one alone, how fast a thousand join and read."""
    ours = hubbub.talking(JSON)
    many = stage.measure(ours, "-c", 10, "-m", stage.scale.publishes, "-w", 200)
    one = stage.measure(ours, "-c", 2, "-m", stage.scale.publishes_alone, "-w", 1)
    stage.rest(ours)
    with stage.load(hubbub.talking(JSON, join='"limit":50'), "-c", 1_000, "-m", 0) as load:
        joins = load.opened()
    stage.rest(ours)
    return (
        f"{many.published_per_s:,.0f}",
        f"{one.p50_ms:.2f} ms",
        f"{joins.per_s:,.0f}",
        f"{silence(ours.pid):.1f} %",
    )


def silence(pid: int) -> float:
    """Percent of a core that a process uses while nobody says anything."""
    began = cpu_seconds(pid)
    time.sleep(SILENCE_SECONDS)
    return 100 * (cpu_seconds(pid) - began) / SILENCE_SECONDS


def store_pid(hubbub: Hubbub) -> int:
    """The process of a server's store."""

    async def ask() -> int:
        store = Store(f"unix://{hubbub.store}")
        try:
            info = (await store.command("INFO", "server")).decode()
        finally:
            await store.aclose()
        return next(int(line[11:]) for line in info.splitlines() if line.startswith("process_id:"))

    return asyncio.run(ask())


def make(hubbub: Hubbub, names: Iterable[str], addresses: Sequence[str]) -> None:
    """Make hubs and rooms in the store itself, many at a time."""
    body = entries.rest({"kind": "created", "by": SYSTEM.card(), "mode": "agora"})

    async def made() -> None:
        store = Store(f"unix://{hubbub.store}")
        log = RoomLog(store, "growth", is_lossless=True, retain=Retention())
        waiting = list(addresses)

        async def some() -> None:
            while waiting:
                await log.create_room(waiting.pop(), body)

        try:
            for name in names:
                await log.create_hub(name, body, {})
            await asyncio.gather(*(some() for _ in range(MADE_AT_ONCE)))
        finally:
            await store.aclose()

    uvloop.run(made())


def tables(stage: Stage) -> list[Table]:
    """What grows, the words of the columns, and the lines as they are measured."""
    talking = ("publishes/s, 200 in flight", "latency of one", "joins/s with 50 entries", "idle CPU")
    return [
        (
            "People in one room",
            (
                "people",
                "bytes of RSS each",
                "idle CPU",
                "deliveries/s, 1 in flight",
                "CPU µs a delivery",
                "p99",
            ),
            people(stage),
        ),
        (
            "Rooms in one hub, one of them in use",
            ("rooms", "bytes in the store each", *talking),
            rooms(stage),
        ),
        (
            "Hubs with one silent reader each",
            ("hubs", "bytes of RSS each", "idle CPU of the gateway", "of the store"),
            hubs(stage),
        ),
        (
            "People of a room on another gateway",
            (
                "people there",
                "bytes of RSS each, here",
                "of the kernel each, there",
                "CPU µs here a message",
                "of the store, 200 in flight",
                "of the store, 1 in flight",
            ),
            neighbours(stage),
        ),
        ("Messages that a room has seen", ("messages", "in the store", *talking), history(stage)),
    ]


def page(stage: Stage, say: Callable[[str], None]) -> str:
    """All tables as Markdown."""
    about = machine.describe()
    machine_words = f"{about['processor']}, {about['cores']} cores, {about['memory']}, {about['kernel']}"
    parts = [
        "# What growth costs",
        f"Made by `python -m bench.growth`, never by hand: one run, {datetime.now(UTC):%Y-%m-%d}, commit "
        f"{machine.commit()}, {machine_words}; {machine.cores().in_words}; JSON, texts of 100 bytes, "
        "`appendfsync always`. What it means for an operator is in [operations.md](operations.md).",
    ]
    for title, columns, lines in tables(stage):
        say(title)
        rows = []
        for line in lines:
            say("  " + ", ".join(line))
            rows.append(f"| {' | '.join(line)} |")
        parts += [
            f"## {title}",
            "\n".join([f"| {' | '.join(columns)} |", "|" + "--:|" * len(columns), *rows]),
        ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure everything and write the page."""
    scale = Scale(publishes=20_000, publishes_alone=1_000) if "--quick" not in sys.argv else SMALL
    cores = machine.cores()
    if cores.load is not None:
        os.sched_setaffinity(0, {cores.load})
    with tempfile.TemporaryDirectory(prefix="hubbub-growth-") as name:
        folder = Path(name)
        fan, limit = build(ROOT / "bench" / "fan.c", folder), build(ROOT / "bench" / "limit.c", folder)

        def say(line: str) -> None:
            print(line, file=sys.stderr, flush=True)

        text = page(Stage(folder, cores, fan, limit, 1, scale, say), say)
    PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
