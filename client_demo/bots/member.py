"""What the bots here have in common: a seat in rooms that is taken again after every loss.

Knows as much of the protocol (docs/protocol.md) as a small bot needs: it misses no entry and says nothing
twice. Refuses to know what a bot is for; that is in the methods that each of them overrides.
"""

import asyncio
import itertools
import json
import os
import random
import signal
import stat
import sys
import time
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Frame = dict[str, Any]

UNSAID: Final = 16  # messages on their way; who is further behind had better be silent
UNSAID_SECONDS: Final = 60.0  # an answer that is older helps nobody
PATIENCE_SECONDS: Final = 5.0  # the longest wait that a refusal may ask for; nothing is read meanwhile
FRAME_BYTES: Final = 1 << 20  # of one frame of the server, which sends at most a quarter of it
PAUSE_SECONDS: Final = (0.5, 20.0)  # least and most before another attempt to connect
GOOD_SECONDS: Final = 30.0  # a connection that lasted this long makes the pauses short again
NO_RETURN: Final = frozenset(
    {1002, 1003, 1007, 1009}
)  # closes after which one stays away, beside 4500 to 4999


class Member:
    """A bot in some rooms, by the address and the token that its environment names."""

    rooms: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.id = ""
        self._socket: ClientConnection | None = None
        self._refs = itertools.count(1)
        self._places: dict[str, Frame] = {}  # by room: epoch and seq of the newest entry that was taken
        self._unsaid: dict[int, tuple[float, Frame]] = {}
        self._pause = PAUSE_SECONDS[0]

    # -- What a bot overrides --------------------------------------------------------------------

    async def found(self, room: str, entries: list[Frame]) -> None:
        """What stood in a room when it was entered, and after entries were missed for good."""

    async def heard(self, room: str, epoch: str, entry: Frame) -> None:
        """One more entry: each once, in order, also those of the time without a connection."""

    async def came(self, room: str, people: list[Frame]) -> None:
        """People who have just come into a room."""

    async def live(self) -> None:
        """What it does of its own accord."""

    # -- What it can do --------------------------------------------------------------------------

    async def say(self, room: str, text: str, id: str, **more: Any) -> None:
        """Publish a message; one with the same `id` within ten minutes is not said again."""
        if len(self._unsaid) < UNSAID:
            ref = next(self._refs)
            frame = {"t": "publish", "ref": ref, "room": room, "text": text, "id": id, **more}
            self._unsaid[ref] = (time.monotonic(), frame)
            await self._send(frame)

    def run(self) -> None:
        """Be there until SIGTERM, Ctrl-C, or the end of whoever holds the other end of our stdin."""
        with suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(self._run())

    async def _run(self) -> None:
        life = asyncio.gather(self._stay(), self.live())
        loop = asyncio.get_running_loop()

        def end() -> None:
            loop.remove_reader(0)
            life.cancel()

        loop.add_signal_handler(signal.SIGTERM, end)
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            loop.add_reader(0, end)
        await life

    async def _stay(self) -> None:
        while True:
            began_at = time.monotonic()
            try:
                async with connect(os.environ["HUBBUB_URL"], max_size=FRAME_BYTES, proxy=None) as socket:
                    self._socket = socket
                    await self._attend(socket)
            except ConnectionClosed as end:
                code = end.rcvd.code if end.rcvd else 1006
                if code >= 4500 or code in NO_RETURN:
                    sys.exit(f"The server asks not to come back: {code}.")
            except (OSError, TimeoutError, InvalidHandshake):
                pass  # it is not there, or not yet
            self._socket = None
            least, most = PAUSE_SECONDS
            self._pause = least if time.monotonic() > began_at + GOOD_SECONDS else min(self._pause * 2, most)
            await asyncio.sleep(random.uniform(least, self._pause))

    async def _attend(self, socket: ClientConnection) -> None:
        await self._send({"t": "hello", "ref": next(self._refs), "token": os.environ["HUBBUB_TOKEN"]})
        for room in self.rooms:
            await self._join(room)
        now = time.monotonic()
        self._unsaid = {ref: one for ref, one in self._unsaid.items() if one[0] > now - UNSAID_SECONDS}
        for _, frame in list(self._unsaid.values()):
            await self._send(frame)
        async for text in socket:
            await self._take(json.loads(text))

    async def _join(self, room: str) -> None:
        where = {"after": self._places[room]} if room in self._places else {"limit": 300}
        await self._send({"t": "join", "ref": next(self._refs), "room": room, **where})

    async def _send(self, frame: Frame) -> None:
        if self._socket is not None:
            with suppress(ConnectionClosed):  # reading tells it, too, and comes back
                await self._socket.send(json.dumps(frame))

    async def _take(self, frame: Frame) -> None:
        match frame["t"]:
            case "welcome":
                self.id = frame["identity"]["id"]
            case "joined":
                await self._joined(frame)
            case "entry":
                await self._entered(frame["room"], frame["epoch"], frame["e"])
            case "presence":
                await self.came(frame["room"], frame.get("joined", []))
            case "reset":
                await self._join(frame["room"])
            case "ping":
                await self._send({"t": "pong"})
            case "ack":
                self._unsaid.pop(frame["ref"], None)
            case "nack":
                await self._refused(frame)

    async def _joined(self, frame: Frame) -> None:
        room, entries = frame["room"], frame["entries"]
        if not frame["recovered"]:
            self._places[room] = {"epoch": frame["epoch"], "seq": frame["seq"]}
            return await self.found(room, entries)
        for entry in entries:
            await self._entered(room, frame["epoch"], entry)

    async def _entered(self, room: str, epoch: str, entry: Frame) -> None:
        self._places[room] = {"epoch": epoch, "seq": entry["seq"]}
        await self.heard(room, epoch, entry)

    async def _refused(self, nack: Frame) -> None:
        _, frame = self._unsaid.pop(nack["ref"], (0.0, None))
        if frame is None and not nack["temporary"]:
            sys.exit(f"Refused: {nack['reason']}")  # a hello or a join: there is nothing to be here for
        wait_seconds = nack.get("retry_ms", 1_000) / 1_000
        if nack["temporary"] and wait_seconds <= PATIENCE_SECONDS:
            await asyncio.sleep(wait_seconds)
            if frame is None:
                raise ConnectionError(nack["reason"])  # and once more, from the beginning
            await self.say(**{name: value for name, value in frame.items() if name not in ("t", "ref")})
