"""The row of the reader who paused: 64 entries come at once, and it goes on reading.

Knows how to see, from outside, that the server holds back, and how many writes it made after that.
Refuses to know how the server does it.
"""

import fcntl
import math
import struct
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.fan_out import Runs
from bench.machine import write_calls
from bench.person import Reader, Seen, Talker, reader, talker
from bench.programs import Failed
from bench.servers import Hubbub
from bench.stage import Stage

BURST_ENTRIES: Final = 64
FILLING_CHARS: Final = 4_000
"""Of each message that fills the kernel's buffers: the longest there is."""
FILLING_MESSAGES: Final = 20
"""Published at a time until nothing more fits."""
FILLING_ROUNDS: Final = 400
"""Of these at most: 32 MB, far more than the kernel keeps for one connection."""
WINDOW_BYTES: Final = 65_536
"""The reader's receive buffer."""
WRITE_BYTES: Final = 65_536
"""One write of the server to one connection, at most."""
QUEUED_WRITES: Final = WRITE_BYTES // FILLING_CHARS
"""What the transport kept when the reader counted as slow goes out first, in the pieces it was written in."""
OTHER_WRITES: Final = 3
"""A beat to the store, a push about who is present."""


def burst(stage: Stage) -> Runs:
    """A reader paused for 10 s, its buffers full, then 64 entries at once."""
    with stage.hubbub() as hubbub:
        for number in range(stage.runs):
            stage.say(f"run {number + 1} of {stage.runs}")
            with talker(hubbub) as talking, reader(hubbub, WINDOW_BYTES) as reading:
                yield "", _paused(stage, hubbub, talking, reading)


def _paused(stage: Stage, hubbub: Hubbub, talking: Talker, reading: Reader) -> dict[str, float]:
    first = talking.seq + 1
    paused_at = time.monotonic()
    fill(talking, reading, hubbub.port)
    time.sleep(max(0.0, paused_at + stage.scale.pause_seconds - time.monotonic()))
    talking.publish(["x" * 100] * BURST_ENTRIES)
    stage.rest(hubbub)
    in_kernel, before = waiting_bytes(reading, hubbub.port), write_calls(hubbub.pid)
    seen = reading.read_to(talking.seq)
    writes = write_calls(hubbub.pid) - before
    held_back = max(0, seen.received_bytes - in_kernel)
    return {
        "faults": faults(seen, first, talking.seq),
        "held_back_bytes": held_back,
        "writes": writes,
        "surplus_writes": max(0, writes - math.ceil(held_back / WRITE_BYTES) - QUEUED_WRITES - OTHER_WRITES),
    }


def fill(talking: Talker, reading: Reader, port: int) -> None:
    """Publish until the kernel takes nothing more for a reader who does not read."""
    full = -1
    for _ in range(FILLING_ROUNDS):
        talking.publish(["y" * FILLING_CHARS] * FILLING_MESSAGES)
        waiting = waiting_bytes(reading, port)
        if waiting == full:
            return
        full = waiting
    raise Failed("the kernel's buffers were never full")


def waiting_bytes(reading: Reader, port: int) -> int:
    """What the kernel keeps for a reader: at our end, and at the server's."""
    ours = struct.unpack("i", fcntl.ioctl(reading.socket, termios.FIONREAD, b"\0" * 4))[0]
    return int(ours) + sum(_sending(port, reading.address[1]))


def _sending(port: int, to_port: int) -> Iterator[int]:
    """Bytes that the server's end of a connection has not got acknowledged yet."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{to_port:04X}"):
            yield int(fields[4].partition(":")[0], 16)


def faults(seen: Seen, first: int, last: int) -> int:
    """How many entries are missing, come twice or are out of order."""
    wanted = range(first, last + 1)
    missing = len(set(wanted) - set(seen.seqs))
    disorder = sum(1 for one, next_one in zip(seen.seqs, seen.seqs[1:], strict=False) if next_one <= one)
    return missing + disorder
