"""Sends one webhook its entries: in order, again until they are taken, as long as the lease is held.

Knows deliveries, statuses, pauses and when to give up. Refuses to know sockets (posting), what is sent
(delivery) and who else might send (outgoing, which refuses the word of one that lost the lease).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from msgspec.structs import replace

import hubbub
from hubbub.hooks.addresses import UrlRefused, checked_url
from hubbub.hooks.delivery import Delivery, next_delivery
from hubbub.hooks.outgoing import LEASE_MS, Progress, Webhook, WebhookBook
from hubbub.hooks.posting import Outdated, Poster, Undelivered
from hubbub.hooks.signature import signature
from hubbub.roomlog.client import Store
from hubbub.roomlog.log import RoomLog

RENEW_SECONDS = LEASE_MS / 3000
"""Between two words to the store that the lease is wanted, and between two looks where nothing moved."""

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
"""After a failure: at random up to one second, doubled each time, up to five minutes (full jitter)."""

GIVE_UP_MS = 86_400_000
"""A day without one success: whoever reads the list has had the time."""

GONE = 410
"""The receiver's word that it wants no more (RFC 9110, 15.5.11)."""

GONE_WORDS = "the receiver said 410 Gone"
TIRED_WORDS = "nothing was taken for a day"
FAILURE_CHARS = 200
"""Of a failure as it is kept and shown."""

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another node sends now, or the webhook is gone."""


class Tools(Protocol):
    """What every courier of a node uses."""

    store: Store
    log: RoomLog
    book: WebhookBook
    poster: Poster
    turns: asyncio.Semaphore
    allow_private: bool


class Courier:
    """One webhook's courier; `run` ends when it has nothing to do here any more."""

    def __init__(
        self, tools: Tools, webhook: Webhook, holder: str, now_ms: Callable[[], int], moved: asyncio.Event
    ) -> None:
        """`holder` has the lease; `moved` is set when there may be something to send."""
        self._tools = tools
        self._webhook = webhook
        self._holder = holder
        self._now_ms = now_ms
        self._moved = moved
        self._failures = 0

    async def run(self) -> None:
        """Sends until the lease is lost or the webhook is given up; raises as Store does."""
        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew())
                try:
                    await self._send_all()
                finally:
                    renewing.cancel()
        except* LeaseLost:
            log.info("webhook.lease_lost", webhook=self._webhook.id)

    async def _send_all(self) -> None:
        progress = await self._tools.book.progress(self._webhook.id)
        while progress is not None and progress.disabled is None:
            self._moved.clear()  # before reading: what comes from now on is not missed
            failures = self._failures
            async with self._tools.turns:
                after = await self._advance(progress)
            if self._failures > failures:
                await self._pause()
            elif after is progress:
                await self._wait()
            progress = after

    async def _advance(self, progress: Progress) -> Progress:
        """One delivery, or one attempt at it; returns what it has come to, itself if there is none."""
        delivery = await self._next(progress)
        if delivery is None:
            return progress
        if delivery.body is None:
            return await self._taken(delivery)
        until = delivery.seq if delivery.epoch == progress.epoch else None
        await self._keep(until=until or "")
        progress = replace(progress, until=until)
        try:
            status = await self._send(delivery, delivery.body, progress)
        except Outdated:
            return progress  # at once again, as it is now
        except (Undelivered, UrlRefused) as fault:
            return await self._failed(progress, str(fault))
        if 200 <= status < 300:
            return await self._taken(delivery)
        if status == GONE:
            return await self._given_up(progress, GONE_WORDS)
        return await self._failed(progress, f"the receiver said {status}")

    async def _next(self, progress: Progress) -> Delivery | None:
        return await next_delivery(self._tools.log, self._tools.store, self._webhook, progress)

    async def _send(self, delivery: Delivery, body: bytes, progress: Progress) -> int:
        async def is_current() -> bool:
            return await self._next(progress) == delivery

        url = checked_url(self._webhook.url, self._tools.allow_private)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Hubbub/{hubbub.__version__}",
            "Hubbub-Signature": signature(self._webhook.secret, int(time.time()), body),
            "Hubbub-Delivery": delivery.id,
            "Hubbub-Webhook": self._webhook.id,
        }
        return await self._tools.poster.post(url, body, headers, is_current)

    # -- What came of it -------------------------------------------------------------------------

    async def _taken(self, delivery: Delivery) -> Progress:
        self._failures = 0
        await self._keep(epoch=delivery.epoch, seq=delivery.seq, until="", failing_since="", failure="")
        return Progress(delivery.epoch, delivery.seq)

    async def _failed(self, progress: Progress, words: str) -> Progress:
        self._failures += 1
        since = progress.failing_since or self._now_ms()
        if self._now_ms() - since >= GIVE_UP_MS:
            return await self._given_up(progress, f"{TIRED_WORDS}: {words}")
        await self._keep(failing_since=since, failure=words[:FAILURE_CHARS])
        log.warning("webhook.failed", webhook=self._webhook.id, room=self._webhook.room, failure=words)
        return replace(progress, failing_since=since, failure=words[:FAILURE_CHARS])

    async def _given_up(self, progress: Progress, words: str) -> Progress:
        words = words[:FAILURE_CHARS]
        await self._keep(disabled=words)
        log.error("webhook.disabled", webhook=self._webhook.id, room=self._webhook.room, reason=words)
        return replace(progress, disabled=words)

    # -- Waiting -----------------------------------------------------------------------------------

    async def _wait(self) -> None:
        """Until there may be something."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RENEW_SECONDS):
                await self._moved.wait()

    async def _pause(self) -> None:
        doublings = min(self._failures - 1, 10)
        await asyncio.sleep(random.uniform(0, min(FIRST_PAUSE_SECONDS * 2**doublings, LONGEST_PAUSE_SECONDS)))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._keep()

    async def _keep(self, **fields: str | int) -> None:
        if not await self._tools.book.keep(self._webhook.id, self._holder, **fields):
            raise LeaseLost
