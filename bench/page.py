"""`python -m bench.page`: what the page in the browser costs; writes docs/page.md and bench/page.json.

Knows how a visit, a busy room and a long one are made, and asks Chromium for figures through its DevTools
protocol. Refuses to know how the page is built: it looks for what a reader sees.
"""

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, CDPSession, Page, async_playwright
from websockets.asyncio.client import ClientConnection, connect

from bench import machine, servers
from bench.machine import ROOT, Cores
from bench.programs import Failed
from bench.servers import SECRET, Hubbub
from hubbub.demo import AGORA, HUB
from hubbub.tokens import mint

CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
OPTIONS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
SCREEN: Final = {"width": 1280, "height": 800}
SLOWDOWN: Final = 4
"""Of the processor in a visit, by Chromium's own throttle: a phone of the middle class."""
VISITS: Final = 5
HISTORY: Final = 200
"""Messages in the room before a visit."""
PER_SECOND: Final = 200
"""Messages into an open room: far more than people write, and what a game night or a bot may bring."""
TALK_SECONDS: Final = 20
STILL_SECONDS: Final = 5
"""Before anybody talks: what the machine has to give."""
LONG: Final = 100_000
"""Messages that one tab has seen in the end: a busy room over a working day."""
IN_FLIGHT: Final = 64
"""Publishes without their ack while the room is made long."""
HEAP_PARTS: Final = ("usedSize", "embedderHeapUsedSize", "backingStorageSize")
"""What Runtime.getHeapUsage tells apart: JavaScript, the document behind it, and buffers."""
DEADLINE_MS: Final = 60_000
DOCUMENT: Final = ROOT / "docs" / "page.md"
STORED: Final = ROOT / "bench" / "page.json"

# Noted at the first frame in which one can read and write; `frameGapsMs` tells the time between frames.
WATCH: Final = """
window.usableAtMs = new Promise((tell) => {
  const look = () => {
    const isThere = document.querySelector("#composer") && document.querySelector(".message .text");
    requestAnimationFrame(isThere ? () => tell(performance.now()) : look);
  };
  requestAnimationFrame(look);
});
window.frameGapsMs = async (seconds) => {
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  const end = last + 1000 * seconds;
  while (last < end) {
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
};
"""

# What the browser got for the page so far, as it came over the wire, without headers.
BODIES: Final = """
["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)
"""


@dataclass(frozen=True)
class Found:
    """The figures of one run, in the units of their names."""

    usable_ms: tuple[float, ...]
    slowdown: int
    body_bytes: int
    transfer_bytes: int
    requests: int
    transfer_bytes_by_kind: dict[str, int]
    sent_per_s: float
    still_frames_per_s: float
    frames_per_s: float
    longest_frame_ms: float
    messages: int
    heap_bytes: int
    elements: int


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


# -- Whoever talks ---------------------------------------------------------------------------------


class Talker:
    """Publishes into the agora over one connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._said = 0

    async def says(self, count: int, is_paced: bool = False) -> float:
        """Publish so many messages and wait for their acks; returns how many a second it was."""
        free, began_at = asyncio.Semaphore(IN_FLIGHT), time.monotonic()
        reading = asyncio.create_task(self._acks(count, free))
        for number in range(count):
            if is_paced:
                await asyncio.sleep(max(0.0, began_at + number / PER_SECOND - time.monotonic()))
            await free.acquire()
            self._said += 1
            text = f"message {self._said} of a room in which people have a lot to say"
            frame = {"t": "publish", "ref": self._said, "room": AGORA, "text": text}
            await self._socket.send(json.dumps(frame))
        await reading
        return count / (time.monotonic() - began_at)

    async def _acks(self, count: int, free: asyncio.Semaphore) -> None:
        while count:
            frame = json.loads(await self._socket.recv())
            if frame["t"] == "nack":
                raise Failed(f"refused: {frame['reason']}")
            if frame["t"] == "ack":
                count -= 1
                free.release()


@asynccontextmanager
async def talker(hubbub: Hubbub) -> AsyncIterator[Talker]:
    """Somebody in the agora."""
    async with connect(f"ws://127.0.0.1:{hubbub.port}/ws", max_size=None, proxy=None) as socket:
        hello = {"t": "hello", "ref": 1, "token": mint(SECRET.encode(), "talker", "Talker")}
        for frame in (hello, {"t": "join", "ref": 2, "room": AGORA, "limit": 0}):
            await socket.send(json.dumps(frame))
        while json.loads(await socket.recv())["t"] != "joined":
            pass
        yield Talker(socket)


# -- Whoever reads ---------------------------------------------------------------------------------


@asynccontextmanager
async def visit(
    browser: Browser, hubbub: Hubbub, slowdown: int
) -> AsyncIterator[tuple[Page, CDPSession, dict[str, list[int]]]]:
    """Somebody opens the agora for the first time; what was loaded is counted by kind."""
    context = await browser.new_context(viewport=SCREEN, locale="en-GB")  # type: ignore[arg-type]
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    kinds: dict[str, str] = {}
    loaded: dict[str, list[int]] = {}
    devtools.on("Network.responseReceived", lambda it: kinds.update({it["requestId"]: it["type"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda it: loaded.setdefault(kinds[it["requestId"]], []).append(int(it["encodedDataLength"])),
    )
    await page.add_init_script(WATCH)
    token = mint(SECRET.encode(), "reader", "Reader")
    await page.goto(f"http://127.0.0.1:{hubbub.port}/?hub={HUB}#token={token}")
    async with asyncio.timeout(DEADLINE_MS / 1_000):
        await page.evaluate("window.usableAtMs")
    yield page, devtools, loaded
    await context.close()


async def opening(
    browser: Browser, hubbub: Hubbub, visits: int
) -> tuple[list[float], int, dict[str, list[int]]]:
    """Milliseconds until one can read and write; what was loaded by then: bodies, and all of it by kind."""
    times, body_bytes, loaded = list[float](), 0, dict[str, list[int]]()
    for _ in range(visits):
        async with visit(browser, hubbub, SLOWDOWN) as (page, _devtools, counted):
            times.append(float(await page.evaluate("window.usableAtMs")))
            body_bytes = int(await page.evaluate(BODIES))
            loaded = {kind: list(sizes) for kind, sizes in counted.items()}
        say(f"  usable after {times[-1]:.0f} ms")
    return times, body_bytes, loaded


async def talking(browser: Browser, hubbub: Hubbub, who: Talker, messages: int) -> dict[str, float]:
    """A room in which many messages a second arrive, then the same room when it has grown long."""
    async with visit(browser, hubbub, 1) as (page, devtools, _):
        still: list[float] = await page.evaluate(f"window.frameGapsMs({STILL_SECONDS})")
        counting = asyncio.create_task(page.evaluate(f"window.frameGapsMs({TALK_SECONDS})"))
        sent_per_s = await who.says(PER_SECOND * TALK_SECONDS, is_paced=True)
        gaps: list[float] = await counting
        frames_per_s = 1_000 * len(gaps) / sum(gaps)
        say(f"  {frames_per_s:.1f} frames a second at {sent_per_s:.0f} messages a second")
        await who.says(messages - PER_SECOND * TALK_SECONDS)
        await who.says(1)
        last = page.get_by_text(f"message {who._said} of").first
        await last.wait_for(timeout=DEADLINE_MS)
        await devtools.send("HeapProfiler.collectGarbage")
        heap = await devtools.send("Runtime.getHeapUsage")
        return {
            "sent_per_s": sent_per_s,
            "still_frames_per_s": 1_000 * len(still) / sum(still),
            "frames_per_s": frames_per_s,
            "longest_frame_ms": max(gaps),
            "heap_bytes": sum(heap[part] for part in HEAP_PARTS if part in heap),
            "elements": await page.evaluate("document.querySelectorAll('*').length"),
        }


async def measure(hubbub: Hubbub, visits: int, messages: int) -> Found:
    """Everything, in one Chromium."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        raise Failed("no Chromium is installed")
    async with async_playwright() as driver, talker(hubbub) as who:
        browser = await driver.chromium.launch(executable_path=program, args=list(OPTIONS))
        await who.says(HISTORY)
        say("opening")
        times, body_bytes, loaded = await opening(browser, hubbub, visits)
        say("talking")
        busy = await talking(browser, hubbub, who, messages)
        await browser.close()
    return Found(
        usable_ms=tuple(round(one, 1) for one in times),
        slowdown=SLOWDOWN,
        body_bytes=body_bytes,
        transfer_bytes=sum(sum(of_kind) for of_kind in loaded.values()),
        requests=sum(len(of_kind) for of_kind in loaded.values()),
        transfer_bytes_by_kind={kind: sum(of_kind) for kind, of_kind in sorted(loaded.items())},
        sent_per_s=round(busy["sent_per_s"], 1),
        still_frames_per_s=round(busy["still_frames_per_s"], 1),
        frames_per_s=round(busy["frames_per_s"], 1),
        longest_frame_ms=round(busy["longest_frame_ms"], 1),
        messages=messages,
        heap_bytes=int(busy["heap_bytes"]),
        elements=int(busy["elements"]),
    )


# -- What is told ----------------------------------------------------------------------------------


def document(found: Found) -> str:
    """The figures as Markdown, with what each must reach."""
    about = machine.describe()
    machine_words = f"{about['processor']}, {about['cores']} cores, {about['memory']}, {about['kernel']}"
    kinds = ", ".join(
        f"{kind.lower()} {size / 1_000:.1f}" for kind, size in found.transfer_bytes_by_kind.items()
    )
    median = statistics.median(found.usable_ms)
    each = ", ".join(f"{one:.0f}" for one in found.usable_ms)
    rows = [
        (
            "from the click until one can read and write: loopback, cold cache, processor slowed down "
            f"{found.slowdown} times, {HISTORY} messages in the room; median of {len(found.usable_ms)} "
            f"({each})",
            f"{median:.0f} ms",
            "1,000 ms at most",
            median <= 1_000,
        ),
        (
            f"what is loaded for that, compressed, in {found.requests} requests "
            f"({found.transfer_bytes / 1_000:.1f} kB with all headers: {kinds})",
            f"{found.body_bytes / 1_000:.1f} kB",
            "100 kB at most",
            found.body_bytes <= 100_000,
        ),
        (
            f"{found.sent_per_s:.0f} messages a second into the open room, {TALK_SECONDS} s, processor "
            f"as it is (longest frame {found.longest_frame_ms:.0f} ms; "
            f"{found.still_frames_per_s:.1f} frames/s while nobody talks)",
            f"{found.frames_per_s:.1f} frames/s",
            "50 at least",
            found.frames_per_s >= 50,
        ),
        (
            f"heap, document and buffers included, after {found.messages:,} messages in one tab, garbage "
            f"collected ({found.elements:,} elements in the document)",
            f"{found.heap_bytes / 2**20:.1f} MiB",
            "100 MB at most",
            found.heap_bytes <= 100e6,
        ),
    ]
    lines = [
        f"| {what} | {figure} | {bar} | {'yes' if is_met else '**no**'} |"
        for what, figure, bar, is_met in rows
    ]
    return "\n".join(
        [
            "# What the page costs",
            "",
            f"Made by `python -m bench.page`, never by hand: {datetime.now(UTC):%Y-%m-%d}, commit "
            f"{machine.commit()}, {machine_words}, "
            f"{chromium_version()}; server, store, talker and browser share the cores.",
            "",
            "| what | measured | must be | is it |",
            "|---|--:|--:|---|",
            *lines,
            "",
        ]
    )


def chromium_version() -> str:
    """The browser's name and version."""
    return next(filter(None, (machine.said(name, "--version") for name in CHROMIUM)), "Chromium")


def main() -> int:
    """Measure everything and write the page; with `--quick`, a little, which is only printed."""
    is_quick = "--quick" in sys.argv
    visits, messages = (2, PER_SECOND * TALK_SECONDS + 1_000) if is_quick else (VISITS, LONG)
    with (
        tempfile.TemporaryDirectory(prefix="hubbub-page-") as name,
        servers.hubbub(Path(name), Cores(None, None)) as it,
    ):
        try:
            found = asyncio.run(measure(it, visits, messages))
        except Failed as fault:
            say(f"Nothing could be measured: {fault}.")
            return 1
    text = document(found)
    print(text)
    if not is_quick:
        DOCUMENT.write_text(text)
        STORED.write_text(json.dumps(asdict(found), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
