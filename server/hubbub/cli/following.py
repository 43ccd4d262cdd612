"""`hubbub tail`: a room as it goes on, over lost connections and restarts.

Knows where it is in the log and when to come back. Refuses to know how entries read (sentences.py) and
how frames travel (wire.py).
"""

import asyncio
import contextlib
import json
import random
import signal
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from hubbub.cli.acting import DEFAULT_URL, DataDir, RedisUrl, Secret, ShownAs, Token, Url
from hubbub.cli.faults import Declined, told_plainly
from hubbub.cli.moments import clock
from hubbub.cli.places import RoomArgument
from hubbub.cli.sentences import sentence, shown_name
from hubbub.cli.visiting import Visit, ended, enter, visit
from hubbub.cli.wire import NO_CODE, Frame, Lost, Wire, connected
from hubbub.cli.words import block, one_line
from hubbub.protocol.closes import CloseCode

FIRST_ENTRIES_MOST = 300
"""The protocol's most for one page."""

BACKOFF_SECONDS, BACKOFF_MOST_SECONDS = 1.0, 30.0
"""Least and most of the window in which a pause before coming back is drawn; doubles in between."""

STEADY_SECONDS = 10.0
"""A connection that lived this long starts the next back-off anew."""

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


def tail(
    room: RoomArgument,
    count: Annotated[
        int, typer.Option("--count", "-n", min=0, max=FIRST_ENTRIES_MOST, help="Entries to begin with.")
    ] = 20,
    is_json: Annotated[bool, typer.Option("--json", help="Print each entry as a line of JSON.")] = False,
    shown_as: ShownAs = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    secret: Secret = None,
    data_dir: DataDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Follow a room: what was said last, then everything that happens, until Ctrl-C.

    A lost connection is made again, and nothing is left out or shown twice in between; where that
    cannot be, it says so.
    """
    with told_plainly():
        source = {"secret": secret, "data_dir": data_dir, "redis_url": redis_url}
        asyncio.run(_tail(url, room, count, is_json, token=token, shown_as=shown_as, **source))


async def _tail(url: str, room: str, count: int, is_json: bool, **who: str | None) -> None:
    """Follows until SIGINT or SIGTERM, which end it as it should."""
    there = await visit(url, room, **who)
    follower = Follower(there, count, _json_printer() if is_json else _printer(), _teller())
    following = asyncio.ensure_future(follower.follow())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, following.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await following


@dataclass(slots=True)
class Follower:
    """A reader with a position in one room's log, which outlives its connections."""

    there: Visit
    count: int
    show: Callable[[Frame], None]
    tell: Callable[[str], None]
    epoch: str = ""
    seq: int = -1
    attempts: int = 0
    drain_seconds: float | None = None

    async def follow(self) -> None:
        """Shows entries until there is no coming back; raises Declined or Unusable then."""
        loop = asyncio.get_running_loop()
        while True:
            began_at = loop.time()
            try:
                await self._follow_once()
            except Lost as lost:
                if self.seq < 0 or not may_come_back(lost.code):
                    raise ended(lost) from None
                is_steady = loop.time() - began_at >= STEADY_SECONDS
                self.attempts = 0 if is_steady else self.attempts + 1
                self.tell(f"{lost} Coming back ...")
                pause = pause_seconds(self.attempts, lost.code, self.drain_seconds, random.random())
                self.drain_seconds = None
                await asyncio.sleep(pause)
            except Declined as refusal:
                # After a restart of the store it may take a while until it answers.
                if self.seq < 0 or refusal.code not in ("unavailable", "unknown_outcome", "internal"):
                    raise
                self.attempts += 1
                await asyncio.sleep(pause_seconds(self.attempts, NO_CODE, None, random.random()))

    async def _follow_once(self) -> None:
        async with connected(self.there.url, self.there.hello) as wire:
            if "token" in wire.welcome:  # a guest's: with it one comes back as the same
                self.there = Visit(self.there.url, self.there.room, {"token": wire.welcome["token"]})
            await self._enter(wire)
            while True:
                await self._take(wire, await wire.push())

    async def _take(self, wire: Wire, push: Frame) -> None:
        if push["t"] == "drain":
            self.drain_seconds = push["reconnect_ms"] / 1000
        elif push.get("room") != self.there.room:
            return
        elif push["t"] == "entry":
            self._advance(push["epoch"], push["e"])
        elif push["t"] == "reset":
            await self._enter(wire)
        elif push["t"] == "left":
            raise Declined(push.get("reason", "left"), f"You are no longer in {self.there.room}.")

    async def _enter(self, wire: Wire) -> None:
        if self.seq < 0:
            self._open(await enter(wire, self.there.room, limit=self.count))
            return
        after = {"epoch": self.epoch, "seq": self.seq}
        joined = await enter(wire, self.there.room, after=after, limit=FIRST_ENTRIES_MOST)
        if not joined["recovered"]:
            is_same = joined["epoch"] == self.epoch
            self.tell(
                "Some entries could not be read again; what follows are the newest."
                if is_same
                else "The store lost its newest entries: some of what was shown may be gone."
            )
            self.seq = self.seq if is_same else 0
        for entry in joined["entries"]:
            self._advance(joined["epoch"], entry)
        self.epoch, self.seq = joined["epoch"], joined["seq"]

    def _open(self, joined: Frame) -> None:
        state = joined["state"]
        self.tell(f"{self.there.room} · {one_line(state.get('title', ''))} · {one_line(state['mode'])}")
        self.epoch, self.seq = joined["epoch"], joined["seq"]
        for entry in joined["entries"]:
            self.show(entry)

    def _advance(self, epoch: str, entry: Frame) -> None:
        if epoch != self.epoch or entry["seq"] > self.seq:
            self.epoch, self.seq = epoch, entry["seq"]
            self.show(entry)


def may_come_back(code: int) -> bool:
    """Whether the protocol (section 6) lets a client connect again after this close code."""
    known = closing(code)
    return known.may_come_back if known is not None else code == NO_CODE or 4000 <= code < 4500


def pause_seconds(attempts: int, code: int, drain_seconds: float | None, lot: float) -> float:
    """How long to stay away: full jitter, `lot` from 0 to 1, over a window that doubles.

    A server that drains says itself how long; some close codes ask for more.
    """
    if drain_seconds is not None:
        return drain_seconds
    known = closing(code)
    least_seconds = known.come_back_after_seconds if known is not None else 0
    window_seconds = min(BACKOFF_SECONDS * (1 << min(attempts, 10)), BACKOFF_MOST_SECONDS)
    return least_seconds + lot * window_seconds


def closing(code: int) -> CloseCode | None:
    """The close code as the protocol knows it, if it does."""
    return CloseCode(code) if code in set(CloseCode) else None


def line_of(entry: Frame) -> Text:
    """An entry in colour: time, then who says what, or a sentence about what happened."""
    stamp = (f"{clock(entry['at'])}  ", "dim")
    if entry["kind"] != "message":
        return Text.assemble(stamp, (sentence(entry), "bold yellow" if entry["kind"] == "mode" else "italic"))
    name = shown_name(entry["by"])
    colour = COLOURS[zlib.crc32(entry["by"]["id"].encode()) % len(COLOURS)]
    return Text.assemble(
        stamp, (name, f"bold {colour}"), "  ", block(entry["text"], 10), (_marks(entry), "dim")
    )


def _marks(entry: Frame) -> str:
    marks = [f"to {entry['reply_to']}"] if "reply_to" in entry else []
    marks += [f"about {one_line(entry['about']['room'])} {entry['about']['seq']}"] if "about" in entry else []
    marks += ["edited"] if "edited" in entry else []
    marks += [f"{one_line(emoji)} {count}" for emoji, count in entry.get("reactions", {}).items()]
    return f"  ({', '.join(marks)})" if marks else ""


def _printer() -> Callable[[Frame], None]:
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    return lambda entry: console.print(line_of(entry))


def _json_printer() -> Callable[[Frame], None]:
    def show(entry: dict[str, Any]) -> None:
        print(json.dumps(entry), flush=True)  # ASCII: nothing in it that a terminal obeys

    return show


def _teller() -> Callable[[str], None]:
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    return lambda words: console.print(Text(f"-- {one_line(words)}", "dim"))
