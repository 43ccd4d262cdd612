"""How the figures of `hubbub bench` look: a bar while it runs, a table at its end.

Knows units and layout. Refuses to know what the figures mean.
"""

from collections.abc import Iterator
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from hubbub.bench.outcome import Document, Faults, Latency, Outcome, ServerCard
from hubbub.bench.request import Request, Scenario
from hubbub.cli.words import one_line

NONE = "-"


class ProgressBar:
    """What is going on, on standard error; a bar only where that is a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description:28}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, where: str, scenario: str) -> None:
        """Which scenario begins, and where; a line that stays."""
        is_private = "://" not in where
        about = " of its own, in a temporary folder, without limits on rates" if is_private else ""
        self._console.print(Text(f"-- {scenario}: {one_line(where)}{about}", "dim"))
        self.begin("Server", 0)

    def begin(self, words: str, total: float) -> None:
        """Something begins that is done at `total`; 0 where nobody knows."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(words, total=total or None)

    def at(self, done: float) -> None:
        """It is as far as that."""
        if self._task is not None:
            self._progress.update(self._task, completed=done)


def print_document(document: Document) -> None:
    """Prints everything, for people."""
    console = Console(highlight=False, markup=False, emoji=False)
    machine = document.machine
    memory = f", {machine.memory_bytes / 2**30:.0f} GiB" if machine.memory_bytes else ""
    console.print(Text(f"{one_line(machine.cpu)}, {machine.cores} cores{memory}, {machine.system}"))
    console.print(Text(", ".join(f"{name} {version}" for name, version in document.versions.items())))
    console.print(Text(_server(document.server)))
    console.print(Text(document.at))
    for outcome in document.runs:
        console.print()
        console.print(Text(_title(outcome.settings), "bold"))
        console.print(_table(outcome))
        console.print(Text(outcome.verdict, "bold green" if outcome.is_sound else "bold red"))
        for note in outcome.notes:
            console.print(Text(one_line(note), "yellow"))


def _server(card: ServerCard) -> str:
    if not card.is_private:
        return f"Server at {one_line(card.url)}"
    store = card.store or "store"
    return f"Private server, {card.workers} worker, {store}, every write synced ({card.fsync})"


def _table(outcome: Outcome) -> Table:
    table = Table(show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for name, value in _rows(outcome):
        if value is not None:
            table.add_row(name, value)
    return table


def _title(settings: Request) -> str:
    flight = "people at a time" if settings.scenario == Scenario.STORM else "in flight"
    parts = [
        settings.scenario,
        _count(settings.people, "people", "person"),
        _count(settings.rooms, "rooms", "room"),
    ]
    if settings.in_flight:
        parts.append(f"{settings.in_flight:,} {flight}")
    return " · ".join([*parts, settings.codec, _count(settings.processes, "load processes", "load process")])


def _rows(outcome: Outcome) -> Iterator[tuple[str, str | None]]:
    yield "joined", f"{outcome.joined:,} people, {_rate(outcome.joined_per_s)}"
    yield "coming in", _latency(outcome.joining)
    if outcome.settings.scenario == Scenario.STORM:
        yield "resumed", f"{outcome.resumed:,} entries"
    elif outcome.published:
        size = outcome.settings.text_bytes
        yield (
            "published",
            f"{outcome.published:,} messages of {size:,} bytes, {_rate(outcome.published_per_s)}",
        )
        yield "delivered", f"{outcome.delivered:,} messages, {_rate(outcome.delivered_per_s)}"
        yield "latency", _latency(outcome.latency)
    if outcome.latency_without_slow is not None:
        yield "without the slow", _latency(outcome.latency_without_slow)
        yield "p99 with ÷ without", _quotient(outcome)
    if outcome.bytes_per_message is not None:
        yield "on the wire", f"{outcome.bytes_per_message:,.0f} bytes a message"
    yield "server", _server_cost(outcome)
    busiest = " for the busiest process" if outcome.settings.processes > 1 else ""
    if outcome.load_cpu_percent is not None:
        yield "load generator", f"{outcome.load_cpu_percent:.0f} % of a core{busiest}"
    yield "faults", _faults(outcome.faults)


def _server_cost(outcome: Outcome) -> str | None:
    costs = []
    if outcome.server_cpu_percent is not None:
        costs.append(f"{outcome.server_cpu_percent:,.1f} % of a core")
    if outcome.server_bytes_per_person is not None:
        costs.append(f"{outcome.server_bytes_per_person:,.0f} bytes of memory a person")
    return ", ".join(costs) or None


def _faults(faults: Faults) -> str:
    return (
        f"{faults.lost:,} lost, {faults.repeated:,} repeated, {faults.out_of_order:,} out of order, "
        f"{faults.acked_twice:,} acked twice"
    )


def _quotient(outcome: Outcome) -> str | None:
    if outcome.latency is None or outcome.latency_without_slow is None:
        return None
    return f"{outcome.latency.p99_us / max(1, outcome.latency_without_slow.p99_us):.2f}"


def _latency(latency: Latency | None) -> str | None:
    if latency is None:
        return None
    named = (
        ("p50", latency.p50_us),
        ("p95", latency.p95_us),
        ("p99", latency.p99_us),
        ("max", latency.max_us),
    )
    return "  ".join(f"{name} {_duration(us)}" for name, us in named)


def _duration(us: int) -> str:
    if us < 10_000:
        return f"{us / 1000:.2f} ms"
    return f"{us / 1000:.1f} ms" if us < 1_000_000 else f"{us / 1e6:.2f} s"


def _rate(per_s: float | None) -> str:
    return NONE if per_s is None else f"{per_s:,.0f} a second"


def _count(count: int, many: str, one: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
