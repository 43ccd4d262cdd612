"""The load generator: starting `fan`, telling it when, reading what it found.

Knows the options and the output of fan.c. Refuses to know which server it is pointed at.
"""

import os
import re
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.programs import Failed, last_words, running

RUN_SECONDS: Final = 130.0
"""For one phase of a run: fan itself gives up after 120 s."""

NUMBER: Final = r"([\d.]+)"
READY: Final = re.compile(rf"^ready +(\d+) connections in (\d+) rooms, {NUMBER}/s$", re.MULTILINE)
CPU: Final = re.compile(
    rf"^cpu +{NUMBER} s, fan {NUMBER} %, core {NUMBER} %, server {NUMBER} %$", re.MULTILINE
)
ROOMS: Final = re.compile(rf"^rooms +worst p99 {NUMBER} ms", re.MULTILINE)
RATES: Final = re.compile(rf"^published {NUMBER}/s\ndelivered {NUMBER}/s, {NUMBER} bytes each$", re.MULTILINE)
LATENCY: Final = re.compile(
    rf"^latency +p50 {NUMBER} ms, p99 {NUMBER} ms, max {NUMBER} ms\nclosed +(\d+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Phase:
    """CPU time during one phase, in percent of a core; `core_percent` is of all that ran on fan's core."""

    seconds: float
    fan_percent: float
    core_percent: float
    server_percent: float


@dataclass(frozen=True)
class Opened:
    """How the connections were made: all of them ready, so many a second."""

    connections: int
    per_s: float
    cpu: Phase


@dataclass(frozen=True)
class Found:
    """What one run found; latencies from the sending of a message to each of its readers."""

    published_per_s: float
    delivered_per_s: float
    bytes_each: int
    p50_ms: float
    p99_ms: float
    worst_room_p99_ms: float
    closed: int
    cpu: Phase


def read_opened(text: str) -> Opened:
    """Read the first phase; raises Failed where it is not all there."""
    ready, cpu = READY.search(text), CPU.search(text)
    if ready is None or cpu is None:
        raise Failed("fan did not say that it is ready")
    return Opened(int(ready[1]), float(ready[3]), _phase(cpu))


def read_found(text: str) -> Found:
    """Read the second phase; raises Failed where it is not all there."""
    cpus, rooms = list(CPU.finditer(text)), ROOMS.search(text)
    rates, latency = RATES.search(text), LATENCY.search(text)
    if len(cpus) < 2 or rates is None or latency is None:
        raise Failed("fan did not say what it found")
    p99_ms = float(latency[2])
    return Found(
        published_per_s=float(rates[1]),
        delivered_per_s=float(rates[2]),
        bytes_each=round(float(rates[3])),
        p50_ms=float(latency[1]),
        p99_ms=p99_ms,
        worst_room_p99_ms=float(rooms[1]) if rooms else p99_ms,
        closed=int(latency[4]),
        cpu=_phase(cpus[-1]),
    )


def _phase(found: re.Match[str]) -> Phase:
    return Phase(float(found[1]), float(found[2]), float(found[3]), float(found[4]))


class Fan:
    """One running load generator; it publishes when it is told to."""

    def __init__(self, program: subprocess.Popen[bytes], log: Path) -> None:
        self._program = program
        self._log = log
        self._said = b""

    def opened(self) -> Opened:
        """Wait until every connection is ready."""
        give_up_at = time.monotonic() + RUN_SECONDS
        while not (READY.search(self._text()) and CPU.search(self._text())):
            if not self._hear(give_up_at):
                raise Failed(f"the connections were not made: {last_words(self._log)}")
        return read_opened(self._text())

    def go(self) -> None:
        """Begin to publish."""
        assert self._program.stdin is not None
        self._program.stdin.write(b"go\n")
        self._program.stdin.flush()

    def stop(self) -> None:
        """Publish no more, wait for what is under way, and end."""
        assert self._program.stdin is not None
        self._program.stdin.close()

    def found(self) -> Found:
        """Wait for the end of the run."""
        give_up_at = time.monotonic() + RUN_SECONDS
        while self._hear(give_up_at):
            pass
        try:
            code = self._program.wait(5)
        except subprocess.TimeoutExpired:
            code = -1
        if code:
            raise Failed(f"the run did not end: {last_words(self._log)}")
        return read_found(self._text())

    def run(self) -> Found:
        """All of it: wait until ready, go, wait for the end."""
        self.opened()
        self.go()
        return self.found()

    def _text(self) -> str:
        return self._said.decode()

    def _hear(self, give_up_at: float) -> bool:
        """Wait for more output; False at its end or when the time is over."""
        assert self._program.stdout is not None
        pipe = self._program.stdout.fileno()
        heard, _, _ = select.select([pipe], [], [], max(0.0, give_up_at - time.monotonic()))
        piece = os.read(pipe, 65_536) if heard else b""
        self._said += piece
        return bool(piece)


@contextmanager
def started(
    program: Path, options: Sequence[str | bytes], core: int | None, folder: Path, is_urgent: bool = False
) -> Iterator[Fan]:
    """Run a load generator for the length of the block.

    An urgent one goes before others on its core, where the kernel lets us: a probe must not wait
    for the load to tell how long the server takes.
    """
    log = folder / f"fan-{time.monotonic_ns()}.log"
    with running([str(program), "-K", *options], core, log, is_piped=True) as generator:
        if is_urgent:
            hurry(generator.pid)
        yield Fan(generator, log)


def hurry(pid: int) -> None:
    """Let a process go before others on its core; without effect where that is not allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, -10)
    except PermissionError:
        return
