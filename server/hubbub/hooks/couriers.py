"""The couriers of one node: one for each webhook whose lease it has.

Knows which webhooks nobody sends for, and takes some of them on. Refuses to know what a courier does.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Callable

import structlog

from hubbub.domain.refusals import Refused
from hubbub.gateway.lookout import lookout
from hubbub.gateway.node import Node
from hubbub.hooks.addresses import is_public
from hubbub.hooks.courier import Courier
from hubbub.hooks.outgoing import Webhook, WebhookBook
from hubbub.hooks.posting import CONNECTIONS, Poster
from hubbub.roomlog.client import OutcomeUnknown, Store, StoreFault, StoreUnavailable

LOOK_SECONDS = 3.0
"""Between two looks at the list: what is new is sent for, and what a dead node leaves, within that time."""

log = structlog.get_logger(__name__)


class Couriers:
    """A node's couriers; they work inside `async with couriers.running()`."""

    def __init__(
        self, node: Node, store: Store, allow_private: bool, now_ms: Callable[[], int] | None = None
    ) -> None:
        """`now_ms` is the clock by which a day of failures is counted: the store's, unless given."""
        self.node = node
        self.store = store
        self.log = node.log
        self.book = WebhookBook(store)
        self.poster = Poster(lambda address: allow_private or is_public(address))
        self.turns = asyncio.Semaphore(CONNECTIONS)
        self.allow_private = allow_private
        self._now_ms = now_ms or node.clock.now_ms
        self._task_by_id: dict[str, asyncio.Task[None]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends until the end of the block; then the leases are given back."""
        async with self.poster, asyncio.TaskGroup() as group:
            looking = group.create_task(self._look_on(group))
            try:
                yield
            finally:
                looking.cancel()
                for task in self._task_by_id.values():
                    task.cancel()

    async def _look_on(self, group: asyncio.TaskGroup) -> None:
        while True:
            try:
                await self._look(group)
            except (StoreUnavailable, OutcomeUnknown, StoreFault) as fault:
                log.warning("webhooks.store_away", fault=str(fault))
            await asyncio.sleep(random.uniform(0.5, 1) * LOOK_SECONDS)  # nodes take turns in being first

    async def _look(self, group: asyncio.TaskGroup) -> None:
        wanted = {webhook.id: webhook for webhook, progress in await self.book.all() if not progress.disabled}
        for id, task in self._task_by_id.items():
            if id not in wanted:
                task.cancel()
        for webhook in wanted.values():
            holder = f"{self.node.name} {secrets.token_hex(8)}"
            if webhook.id not in self._task_by_id and await self.book.take(webhook.id, holder):
                task = group.create_task(self._courier(webhook, holder))
                self._task_by_id[webhook.id] = task

    async def _courier(self, webhook: Webhook, holder: str) -> None:
        """One webhook's courier for as long as it goes; a later look begins anew."""
        try:
            async with lookout(self.node, webhook.room) as moved:
                await Courier(self, webhook, holder, self._now_ms, moved).run()
        except* (StoreUnavailable, OutcomeUnknown, StoreFault, Refused) as faults:
            log.warning("webhook.interrupted", webhook=webhook.id, fault=str(faults.exceptions[0]))
        except* Exception as faults:
            self.node.fault(faults, "webhook")
        finally:
            del self._task_by_id[webhook.id]
            with contextlib.suppress(StoreUnavailable, OutcomeUnknown, StoreFault):
                await self.book.let_go(webhook.id, holder)
