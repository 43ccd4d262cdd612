"""The rows that are about people: memory, the storm, those who never read, silence.

Knows how each crowd is made and what is looked at. Refuses to know what is good enough.
"""

import time
from pathlib import Path
from typing import Final

from bench.fan_out import Runs
from bench.machine import cpu_seconds, rss_bytes
from bench.person import talker
from bench.servers import JSON, SECRET, Hubbub, Server
from bench.stage import Stage
from hubbub.tokens import mint

RESUMED_ENTRIES: Final = 100
FILLING: Final = ("-c", 1, "-s", 4_000, "-m", 60, "-w", 4)
"""240 kB for each reader: more than the kernel and the server keep for one who does not read."""
SETTLE_SECONDS: Final = 5.0
"""From the last join to the silence that is measured."""
WARM_PEOPLE: Final = 10
"""Before memory is looked at the first time, so that nothing is loaded or made for the first time after."""


def memory(stage: Stage) -> Runs:
    """18,000 joined; a fresh server for each run, for memory that was freed would be used again.

    In one codec: what a connection keeps does not depend on it.
    """
    for number in range(stage.runs):
        stage.say(f"run {number + 1} of {stage.runs}")
        with stage.hubbub() as hubbub:
            ours = hubbub.talking(JSON)
            stage.measure(ours, "-c", WARM_PEOPLE, "-m", 10, "-w", 1)
            stage.rest(ours)
            before = rss_bytes(ours.pid)
            with stage.load(ours, "-c", stage.scale.crowd, "-m", 0) as crowd:
                crowd.opened()
                stage.rest(ours)
                more = rss_bytes(ours.pid) - before
        yield "", {"bytes_per_person": more / stage.scale.crowd}


def storm(stage: Stage) -> Runs:
    """10,000 people with a token each come back at once and resume 100 entries each."""
    people = stage.scale.returning
    tokens = stage.folder / "tokens"
    write_tokens(tokens, people)
    with stage.hubbub() as hubbub:
        with talker(hubbub) as talking:
            talking.publish(["z" * 100] * (2 * RESUMED_ENTRIES))
            after = talking.seq - RESUMED_ENTRIES
            ours = hubbub.returning(tokens, talking.epoch, after)
        for number in range(stage.runs):
            stage.say(f"run {number + 1} of {stage.runs}")
            fewer = _return(stage, hubbub, ours, people // 10)
            all_of_them = _return(stage, hubbub, ours, people)
            reads = all_of_them["reads"]
            yield (
                "",
                {
                    **all_of_them,
                    "reads_per_person": reads / people,
                    "reads_of_a_tenth": fewer["reads"],
                },
            )


def _return(stage: Stage, hubbub: Hubbub, ours: Server, people: int) -> dict[str, float]:
    stage.rest(hubbub)
    before = hubbub.store_calls()
    with stage.load(ours, "-c", people, "-m", 0) as load:
        opened = load.opened()
        reads = hubbub.store_calls() - before
    return {
        "people_per_s": opened.per_s,
        "reads": reads,
        "server_percent": opened.cpu.server_percent,
        "core_percent": opened.cpu.core_percent,
    }


def write_tokens(path: Path, people: int) -> None:
    """A line for each person: a token of their own."""
    path.write_text("".join(f"{mint(SECRET.encode(), f'person-{one}')}\n" for one in range(people)))


def slow(stage: Stage) -> Runs:
    """10,000 readers; 100 of them never read, or are not there: the others' latency, and memory.

    A fresh server each time, for memory that was freed would be used again.
    """
    for number in range(stage.runs):
        found = {}
        for deaf in (0, stage.scale.deaf):
            stage.say(f"run {number + 1} of {stage.runs}, {deaf} never read")
            with stage.hubbub() as hubbub:
                found[deaf] = _beside_deaf(stage, hubbub, deaf)
        without, beside = found[0], found[stage.scale.deaf]
        yield (
            "",
            {
                "p99_ms": beside["p99_ms"],
                "p99_without_ms": without["p99_ms"],
                "ratio": beside["p99_ms"] / without["p99_ms"],
                "more_bytes_each": (beside["more_bytes"] - without["more_bytes"]) / stage.scale.deaf,
                "core_percent": beside["core_percent"],
                "server_percent": beside["server_percent"],
            },
        )


def _beside_deaf(stage: Stage, hubbub: Hubbub, deaf: int) -> dict[str, float]:
    """Let a crowd be served beside people who joined, and whose buffers are full."""
    scale, ours = stage.scale, hubbub.talking()
    stage.rest(ours)
    with stage.load(ours, "-c", scale.slow_crowd - scale.deaf, "-m", scale.messages_slow, "-w", 1) as crowd:
        crowd.opened()
        stage.rest(ours)
        before = rss_bytes(ours.pid)
        with stage.load(ours, "-c", max(deaf, 1), "-N", deaf, "-m", 0) as others:
            others.opened()
            stage.measure(ours, *FILLING)
            stage.rest(ours)
            crowd.go()
            found = crowd.found()
            more_bytes = rss_bytes(ours.pid) - before
    return {
        "p99_ms": found.p99_ms,
        "more_bytes": more_bytes,
        "core_percent": found.cpu.core_percent,
        "server_percent": found.cpu.server_percent,
    }


def idle(stage: Stage) -> Runs:
    """18,000 joined and silent, over one full round of pings."""
    with stage.hubbub() as hubbub:
        ours = hubbub.talking(JSON)
        for number in range(stage.runs):
            stage.say(f"run {number + 1} of {stage.runs}")
            stage.rest(ours)
            with stage.load(ours, "-c", stage.scale.idle, "-m", 0) as crowd:
                crowd.opened()
                crowd.go()
                time.sleep(SETTLE_SECONDS)
                began_at, began = time.monotonic(), cpu_seconds(ours.pid)
                time.sleep(stage.scale.silence_seconds)
                used = cpu_seconds(ours.pid) - began
                yield "", {"cpu_percent": 100 * used / (time.monotonic() - began_at)}
