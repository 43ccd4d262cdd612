"""Hears what was appended: one connection per node, every hub's channel that somebody here reads.

Knows channels, confirmations, probes and reconnecting. Refuses to know what an envelope says. What it
cannot hear it tells: after every new connection each channel is confirmed again, and its listener told.
"""

import asyncio
import contextlib
from typing import Protocol

import structlog

from hubbub.roomlog import keys
from hubbub.roomlog.client import Ear, OutcomeUnknown, Store, StoreFault, StoreUnavailable

PROBE_SECONDS = 3.0
"""Without anything heard, the node says something to itself; short enough for a 10-s promise."""

DEAF_SECONDS = 3.0
"""Without hearing its own probe, the connection is given up and made anew."""

PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Between attempts to connect; the last one repeats."""

CONFIRM_SECONDS = 2.0
"""For the store to confirm a channel."""

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Who wants to hear a hub's channel."""

    def heard(self, payload: bytes) -> None:
        """An envelope came; must not wait."""

    def interrupted(self) -> None:
        """Envelopes may have been missed up to now; from now on they are heard."""


class Subscriber:
    """The node's ear. `run` listens until cancelled; `subscribe` returns once the store has confirmed."""

    def __init__(self, store: Store, node: str) -> None:
        self._store = store
        self._probe = f"hubbub:probe:{node}"
        self._listener_by_channel: dict[str, Listener] = {}
        self._confirmed: dict[str, asyncio.Event] = {}
        self._leaving: set[str] = set()
        self._heard_at = 0.0
        self._changed = asyncio.Event()

    async def subscribe(self, hub: str, listener: Listener) -> None:
        """Hears a hub from now on; raises StoreUnavailable if it is not confirmed in time."""
        channel = keys.channel(hub)
        self._listener_by_channel[channel] = listener
        confirmed = self._confirmed.setdefault(channel, asyncio.Event())
        self._changed.set()
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await confirmed.wait()
        except TimeoutError:
            raise StoreUnavailable(f"no confirmation of {channel}") from None

    def unsubscribe(self, hub: str) -> None:
        """Hears the hub no longer."""
        self._listener_by_channel.pop(keys.channel(hub), None)
        self._changed.set()

    async def run(self) -> None:
        """Listens, and connects again whenever that ends; until cancelled."""
        attempts = 0
        while True:
            try:
                await self._listen()
            except (StoreUnavailable, OutcomeUnknown, StoreFault, TimeoutError) as fault:
                if not attempts:
                    log.warning("subscriber.lost", fault=str(fault))
            attempts = 0 if self._is_fresh() else attempts + 1
            for confirmed in self._confirmed.values():
                confirmed.clear()
            await asyncio.sleep(PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)])

    def _is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self._heard_at < PROBE_SECONDS + DEAF_SECONDS

    async def _listen(self) -> None:
        async with self._store.listening() as ear:
            self._leaving.clear()
            self._heard_at = asyncio.get_running_loop().time()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._keep_channels(ear))
                    group.create_task(self._keep_awake())
                    group.create_task(self._hear(ear))
            except* (StoreUnavailable, OutcomeUnknown, StoreFault) as faults:
                raise StoreUnavailable(str(faults.exceptions[0])) from None

    async def _keep_channels(self, ear: Ear) -> None:
        """Asks for the channels that are wanted and not asked for yet, and lets the others go."""
        asked: set[str] = set()
        while True:
            self._changed.clear()
            wanted = {self._probe, *self._listener_by_channel}
            left = asked - wanted
            for channel in left:  # before anything waits: whoever wants it again waits for a new word
                self._confirmed.pop(channel, None)
            self._leaving |= left
            await ear.unsubscribe(*left)
            await ear.subscribe(*(wanted - asked))
            asked = wanted
            await self._changed.wait()

    async def _keep_awake(self) -> None:
        """Probes a silent connection; raises StoreUnavailable if it has gone deaf."""
        while True:
            await asyncio.sleep(PROBE_SECONDS / 2)
            silent = asyncio.get_running_loop().time() - self._heard_at
            if silent >= PROBE_SECONDS + DEAF_SECONDS:
                raise StoreUnavailable("the subscription has gone deaf")
            if silent >= PROBE_SECONDS / 2:
                with contextlib.suppress(StoreUnavailable, OutcomeUnknown):
                    await self._store.command("SPUBLISH", self._probe, b"")

    async def _hear(self, ear: Ear) -> None:
        loop = asyncio.get_running_loop()
        while True:
            kind, channel, payload = await ear.hear()
            self._heard_at = loop.time()
            name = channel.decode()
            listener = self._listener_by_channel.get(name)
            match kind:
                case b"smessage" if listener is not None:
                    self._tell(listener, name, payload)
                case b"ssubscribe" if listener is not None:
                    self._confirmed.setdefault(name, asyncio.Event()).set()
                    listener.interrupted()
                case b"sunsubscribe" if name in self._leaving:
                    self._leaving.discard(name)
                case b"sunsubscribe":
                    raise StoreUnavailable(f"the store has ended the subscription of {name}")
                case _:
                    pass

    @staticmethod
    def _tell(listener: Listener, channel: str, payload: bytes) -> None:
        """Hands on an envelope; one that cannot be read counts as missed, and ends nothing."""
        try:
            listener.heard(payload)
        except Exception:
            log.exception("subscriber.unreadable", channel=channel, size_bytes=len(payload))
            listener.interrupted()
