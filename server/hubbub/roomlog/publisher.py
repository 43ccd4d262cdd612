"""Carries the commands of one hub to its log: in order, a batch at a time, each answered in time.

Knows queueing, deadlines, retries and the fence. Refuses to know what a command is: the judge turns
pending commands into items, anew for each attempt.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec
import structlog

from hubbub.domain import limits
from hubbub.domain.decide import NOTHING_SUCH
from hubbub.domain.refusals import Code, Refusal
from hubbub.roomlog.batch import Answer, Item
from hubbub.roomlog.client import OutcomeUnknown, StoreFault, StoreUnavailable
from hubbub.roomlog.log import Fenced, RoomLog
from hubbub.roomlog.stands import Section

logger = structlog.get_logger(__name__)

QUEUE_COMMANDS = 8_192
"""Pending commands per hub: at 20,000 a second less than half a second's, and a few MB at most."""

EXPIRY_SECONDS = 0.1
"""How often deadlines are looked at: a tenth of a second late is in time for a person and a bot."""

PAUSES_SECONDS = (0.02, 0.05, 0.1, 0.2)
"""Between attempts while the store is away; the last one repeats until the commands' deadline."""

UNAVAILABLE = Refusal(
    Code.UNAVAILABLE, "The store cannot be reached. Nothing was changed; try again in a moment."
)
UNKNOWN_OUTCOME = Refusal(
    Code.UNKNOWN_OUTCOME, "The store did not answer in time. Try again with the same id: it cannot double."
)


class Appended(msgspec.Struct, frozen=True, gc=False):
    """The entry is in the log, now or since an earlier attempt."""

    epoch: str
    seq: int
    is_duplicate: bool = False


Outcome = Appended | Refusal


class Pending(msgspec.Struct, eq=False):
    """A command that waits for its outcome; `settle` is called exactly once.

    `size_bytes` is what it weighs in a batch. `was_sent` says that an attempt may have been executed.
    """

    room: str
    author: str
    id: str
    size_bytes: int
    command: Any
    settle: Callable[[Outcome], None]
    expires_at: float = 0.0
    was_sent: bool = False
    is_stale: bool = False
    is_settled: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same command when it is sent again."""
        return self.room, self.author, self.id


class Judge(Protocol):
    """Decides pending commands on what a node knows."""

    async def decide(self, batch: list[Pending]) -> list[Item]:
        """An item for each pending command, in order. Raises StoreUnavailable or OutcomeUnknown."""

    def appended(self, sections: list[Section]) -> None:
        """These entries are in the log now."""


class Publisher:
    """One hub's way to its log. At most one batch is under way, so order needs no further care.

    A batch that was not answered is retried with the same ids under a later generation, until each
    command's deadline; what the store executes late is refused by the fence or found to be a duplicate.
    """

    def __init__(
        self,
        hub: str,
        log: RoomLog,
        judge: Judge,
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
        explain: Callable[[Exception, str], Refusal],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`spawn` runs its loop; `explain` logs a fault of ours and gives the refusal that tells it.

        `now` is the clock of deadlines, in seconds.
        """
        self._hub = hub
        self._log = log
        self._judge = judge
        self._spawn = spawn
        self._explain = explain
        self._now = now
        self._queue: deque[Pending] = deque()
        self._under_way: list[Pending] = []
        self._generation = log.next_generation()
        # Keys of what a hung store may execute yet: of a batch each 2 s, until one is answered.
        self._unanswered: set[tuple[str, str, str]] = set()
        self._is_running = False
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        return not self._is_running

    def submit(self, pending: Pending) -> None:
        """Takes a command; it is settled within 2 s, whatever happens."""
        if len(self._queue) >= QUEUE_COMMANDS:
            self._settle(pending, UNAVAILABLE)
            return
        pending.expires_at = self._now() + limits.STORE_SECONDS
        self._queue.append(pending)
        if self._expiry is None:
            self._expiry = asyncio.get_running_loop().call_later(EXPIRY_SECONDS, self._expire)
        if not self._is_running:
            self._is_running = True
            self._spawn(self._run())

    async def _run(self) -> None:
        attempts = 0
        try:
            while batch := self._next_batch():
                self._under_way = batch
                try:
                    is_done = await self._attempt(batch)
                except Exception as fault:
                    refusal = self._explain(fault, "publisher")
                    for pending in batch:
                        self._settle(pending, UNKNOWN_OUTCOME if pending.was_sent else refusal)
                    is_done = True
                if is_done:
                    attempts = 0
                else:
                    self._put_back(batch)
                    await asyncio.sleep(PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)])
                    attempts += 1
                self._under_way = []
        finally:
            self._is_running = False
            self._under_way = []

    async def _attempt(self, batch: list[Pending]) -> bool:
        """Decides and appends a batch; False if the store did not do it, or not for sure."""
        try:
            items = await self._judge.decide(batch)
        except (StoreUnavailable, OutcomeUnknown):
            return False
        # Whoever has been told in the meantime that nothing was changed must not be appended now.
        items = [item for pending, item in zip(batch, items, strict=True) if not pending.is_settled]
        batch = [pending for pending in batch if not pending.is_settled]
        were_sent = [pending.was_sent for pending in batch]
        for pending in batch:
            pending.was_sent = True
        try:
            sections, answers = await self._log.append(self._hub, self._generation, items)
        except StoreUnavailable as fault:  # certainly not executed
            if isinstance(fault, Fenced):
                self._generation = self._log.next_generation()
            for pending, was_sent in zip(batch, were_sent, strict=True):
                pending.was_sent = was_sent
            return False
        except (OutcomeUnknown, StoreFault) as fault:
            logger.warning("publisher.unanswered", hub=self._hub, fault=str(fault), commands=len(batch))
            self._generation = self._log.next_generation()
            self._unanswered.update(pending.key for pending in batch)
            return False
        self._judge.appended(sections)  # before the acks: who has one finds on this node what it says
        self._unanswered.clear()  # what was not executed before this batch is fenced off now
        self._take(batch, items, answers)
        return True

    def _take(self, batch: list[Pending], items: list[Item], answers: list[Answer]) -> None:
        stale: list[Pending] = []
        settled: list[tuple[Pending, Outcome]] = []
        for pending, item, answer in zip(batch, items, answers, strict=True):
            outcome = _outcome(item, answer)
            if outcome is None:
                pending.is_stale = True
                pending.was_sent = False
                stale.append(pending)
            else:
                settled.append((pending, outcome))
        self._put_back(stale)
        # Told once the next batch is on its way: the store works while they are.
        asyncio.get_running_loop().call_soon(self._settle_all, settled)

    def _settle_all(self, settled: list[tuple[Pending, Outcome]]) -> None:
        for pending, outcome in settled:
            try:
                self._settle(pending, outcome)
            except Exception as fault:  # of one of them: the others are told all the same
                self._explain(fault, "settle")

    def _next_batch(self) -> list[Pending]:
        batch: list[Pending] = []
        size = 0
        while self._queue and len(batch) < limits.BATCH_COMMANDS:
            if self._queue[0].is_settled:
                self._queue.popleft()
                continue
            size += self._queue[0].size_bytes
            if batch and size > limits.BATCH_BYTES:
                break
            batch.append(self._queue.popleft())
        return batch

    def _put_back(self, batch: list[Pending]) -> None:
        self._queue.extendleft(pending for pending in reversed(batch) if not pending.is_settled)

    def _expire(self) -> None:
        now = self._now()
        in_order_of_coming = itertools.chain(self._under_way, self._queue)
        expired = list(itertools.takewhile(lambda pending: pending.expires_at <= now, in_order_of_coming))
        for pending in expired:
            may_be_there = pending.was_sent or pending.key in self._unanswered
            self._settle(pending, UNKNOWN_OUTCOME if may_be_there else UNAVAILABLE)
        if self._is_running or self._queue:
            self._expiry = asyncio.get_running_loop().call_later(EXPIRY_SECONDS, self._expire)
        else:
            self._expiry = None

    def _settle(self, pending: Pending, outcome: Outcome) -> None:
        if not pending.is_settled:
            pending.is_settled = True
            pending.settle(outcome)


def _outcome(item: Item, answer: Answer) -> Outcome | None:
    """What an answer means for the author; None if the decision is stale and has to be made again."""
    match answer.status:
        case "ok":
            return Appended(answer.epoch, answer.number)
        case "duplicate":
            return Appended(answer.epoch, answer.number, is_duplicate=True)
        case "stale":
            return None
        case "confirmed":
            return item.decision.refusal
        case "unknown_room":
            return Refusal(Code.UNKNOWN_ROOM, f"There is no room {item.room}.")
        case "unknown_entry":
            return NOTHING_SUCH
        case "no_change":
            return Refusal(Code.NO_CHANGE, "The reaction is like that already.")
        case "too_large":
            most = limits.EMOJIS_PER_MESSAGE
            return Refusal(Code.TOO_LARGE, f"emoji: a message takes at most {most} different ones.")
        case "slow_mode":
            wait = answer.number
            return Refusal(Code.SLOW_MODE, f"Slow mode: wait {wait} ms.", retry_ms=wait)
