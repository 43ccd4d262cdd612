"""The load processes of a run, as the command sees them: orders out, one report back.

Knows processes and pipes, and what becomes of them when something ends early. Refuses to know what the
orders do.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType, TracebackType
from typing import Any, Final, Self, cast

from hubbub.bench.loader import work
from hubbub.bench.orders import Halt, Order, Plan, Progress, Report, merged
from hubbub.bench.site import Impossible

LOOK_AGAIN_SECONDS: Final = 0.1
"""Between two looks whether somebody has pressed Ctrl-C."""
REPORT_SECONDS: Final = 30.0
"""For a report, over the time that its order may take: processes start, and are slow on a busy machine."""
HALT_SECONDS: Final = 5.0
"""For the reports of orders that were broken off."""
END_SECONDS: Final = 5.0
"""For a load process to end; then it is killed."""


class Interrupted(Exception):
    """Somebody wants the run to end; what was measured until then stands."""


class Interruption:
    """Whether Ctrl-C was pressed, or SIGTERM sent, while this was open; the second time it ends all."""

    def __init__(self) -> None:
        self.is_set = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises Interrupted if it was."""
        if self.is_set:
            raise Interrupted

    def _take(self, _: int, __: FrameType | None) -> None:
        if self.is_set:
            raise KeyboardInterrupt
        self.is_set = True


class Crew:
    """`count` load processes for the length of the context; they end with it, whatever happens."""

    def __init__(self, plan: Plan, count: int, interruption: Interruption) -> None:
        self._plan = plan
        self._count = count
        self._interruption = interruption
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        resource_tracker.ensure_running()
        try:
            for _ in range(self._count):
                ours, theirs = context.Pipe()
                with theirs, _signals_held_back():
                    process = context.Process(target=work, args=(theirs, self._plan), daemon=True)
                    self._pipes.append(ours)
                    process.start()
                    self._processes.append(process)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def carry_out(self, orders: Sequence[Order], seconds: float, show: Callable[[int], None]) -> Report:
        """One order for each process; what came of them all together, also where it was broken off.

        `show` is told how far it is. Raises Impossible if a process ends, or says nothing for long.
        """
        report_by_pipe: dict[Connection, Report] = {}
        done_by_pipe: dict[Connection, int] = {}
        is_halted = self._interruption.is_set  # this order is part of ending then
        ends_at = time.monotonic() + seconds + REPORT_SECONDS
        try:
            for pipe, order in zip(self._pipes, orders, strict=True):
                pipe.send(order)
            while len(report_by_pipe) < len(self._pipes) and time.monotonic() < ends_at:
                if self._interruption.is_set and not is_halted:
                    is_halted = True
                    ends_at = time.monotonic() + HALT_SECONDS
                    for pipe in self._pipes:
                        pipe.send(Halt())
                waited_for = [pipe for pipe in self._pipes if pipe not in report_by_pipe]
                for pipe in cast(list[Connection], wait(waited_for, LOOK_AGAIN_SECONDS)):
                    said = pipe.recv()
                    if isinstance(said, Progress):
                        done_by_pipe[pipe] = said.done
                    else:
                        report_by_pipe[pipe] = said
                        done_by_pipe[pipe] = said.joined + said.published
                    show(sum(done_by_pipe.values()))
        except (EOFError, OSError):
            raise Impossible("A load process has ended too early; is there enough memory?") from None
        if len(report_by_pipe) < len(self._pipes) and not is_halted:
            raise Impossible("A load process says nothing any more; is the machine overloaded?")
        return merged(report_by_pipe.values())

    def _end(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(END_SECONDS)
            if process.is_alive():
                process.kill()
                process.join(END_SECONDS)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """What is started here never gets SIGINT: a terminal's Ctrl-C is for the command alone.

    A blocked signal stays blocked in a new program, from its first instruction on; here it comes later.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
