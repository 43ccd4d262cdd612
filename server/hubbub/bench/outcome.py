"""What a run says in the end: figures, a verdict, and what to know before one believes them.

Knows what each figure is computed from. This is also the document that `--json` prints; SCHEMA changes
with its shape, and docs/benchmarking.md describes it.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

from hubbub.bench.histogram import Histogram
from hubbub.bench.machine import Machine
from hubbub.bench.orders import TELLING_SECONDS, Report, merged
from hubbub.bench.request import Request, Scenario
from hubbub.bench.stage import Cost, Stage

SCHEMA: Final = "hubbub.bench/1"

SHARES: Final = (0.5, 0.95, 0.99)

REASONS_SHOWN: Final = 3
"""Of each kind of mishap, the most frequent ones."""

FULL_SHARE: Final = 0.9
"""Of a core: a load process that takes more is what limits the figures."""


class Latency(Struct, frozen=True):
    """Durations in microseconds; each is at most 1/64 above the truth, `max_us` is exact."""

    p50_us: int
    p95_us: int
    p99_us: int
    max_us: int


class Faults(Struct, frozen=True):
    """Promises that were not kept (docs/protocol.md, section 10), counted in deliveries and acks."""

    lost: int
    repeated: int
    out_of_order: int
    acked_twice: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.lost + self.repeated + self.out_of_order + self.acked_twice


class Outcome(Struct, frozen=True, kw_only=True):
    """One scenario's figures; None is what was not measured."""

    settings: Request
    joined: int
    joined_per_s: float | None
    joining: Latency | None
    published: int
    published_per_s: float | None
    delivered: int
    delivered_per_s: float | None
    latency: Latency | None
    latency_without_slow: Latency | None
    slow_people: int
    resumed: int
    bytes_per_message: float | None
    server_bytes_per_person: float | None
    server_cpu_percent: float | None
    load_cpu_percent: float | None
    faults: Faults
    unacked: int
    is_broken_off: bool
    is_sound: bool
    verdict: str
    notes: list[str]


class ServerCard(Struct, frozen=True):
    """The server that bore the load; None is what is not known of it."""

    url: str
    is_private: bool
    workers: int | None
    store: str | None
    fsync: str | None
    publish_per_s: int | None


class Document(Struct, frozen=True):
    """All of one command: `at` is UTC, the runs are in their order."""

    schema: str
    at: str
    machine: Machine
    versions: Mapping[str, str]
    server: ServerCard
    runs: list[Outcome]


def outcome_of(stage: Stage, is_broken_off: bool, is_private: bool, cores: int) -> Outcome:
    """The outcome of a run, complete or broken off."""
    request = stage.request
    coming = stage.comings[-1 if request.scenario == Scenario.STORM else 0] if stage.comings else None
    came = coming.report if coming is not None else Report()
    talk = stage.talks[-1] if stage.talks else None
    said = talk.report if talk is not None else Report()
    whole = merged(stage.everything)
    has_both = request.scenario == Scenario.SLOW and len(stage.talks) == 3
    faults = _faults(stage, whole, is_broken_off)
    measured = talk.cost if talk is not None else stage.silence
    if request.scenario == Scenario.STORM and coming is not None:
        measured = coming.cost
    # In a storm the coming is what is measured, and in silence nothing of the load's is.
    main = {Scenario.STORM: came, Scenario.IDLE: Report()}.get(request.scenario, said)
    stayed = stage.counted.readers_by_room.total() if stage.counted is not None else 0
    has_measured = (
        came.joined > 0 and (said.published > 0 or not request.messages) and (stayed > 0 or not whole.gone)
    )
    return Outcome(
        settings=request,
        joined=came.joined,
        joined_per_s=_per_second(came.joined, came.seconds),
        joining=latency_of(came.comings),
        published=said.published,
        published_per_s=_per_second(said.published, (said.published_until_us - said.began_us) / 1e6),
        delivered=said.delivered,
        delivered_per_s=_per_second(said.delivered, said.seconds),
        latency=latency_of(said.latencies),
        latency_without_slow=latency_of(stage.talks[1].report.latencies) if has_both else None,
        slow_people=request.deaf,
        resumed=came.resumed,
        bytes_per_message=said.frame_bytes / said.delivered if said.delivered else None,
        server_bytes_per_person=_memory_per_person(stage),
        server_cpu_percent=_cpu_percent(measured),
        load_cpu_percent=_percent(main.busiest_share),
        faults=faults,
        unacked=whole.unacked,
        is_broken_off=is_broken_off,
        is_sound=not faults.total and (is_broken_off or has_measured),
        verdict=_verdict(faults, request, said, came, is_broken_off, stayed if whole.gone else None),
        notes=[*_doubts(main, is_private and cores < request.processes + 2, cores), *_mishaps(whole)],
    )


def latency_of(durations: Histogram) -> Latency | None:
    """The percentiles of durations; None if there are none."""
    if not durations.total:
        return None
    p50_us, p95_us, p99_us = durations.percentiles(SHARES)
    return Latency(p50_us, p95_us, p99_us, durations.largest)


def _faults(stage: Stage, whole: Report, is_broken_off: bool) -> Faults:
    """What was lost, repeated or out of order.

    Besides the numbers of each reader the sums are compared, where they must be equal: a message that was
    acked and stands nowhere, or stands twice, leaves no hole.
    """
    counted = stage.counted or Report()
    lost, repeated = counted.lost, counted.repeated
    if (
        not is_broken_off
        and whole.unacked == 0
        and not whole.gone
        and stage.request.scenario != Scenario.STORM
    ):
        acked = merged(talk.report for talk in stage.talks).acked_by_room
        expected = sum(count * counted.readers_by_room[room] for room, count in acked.items())
        lost = max(lost, expected - whole.delivered)
        repeated = max(repeated, whole.delivered - expected)
    return Faults(lost, repeated, counted.out_of_order, whole.acked_twice)


def _verdict(
    faults: Faults, request: Request, said: Report, came: Report, is_broken_off: bool, stayed: int | None
) -> str:
    """One sentence; `stayed` is how many readers there are in the end, None if all are."""
    if faults.total:
        counts = asdict(faults).items()
        told = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts if count)
        return f"A PROMISE WAS BROKEN: {told}."
    if is_broken_off:
        return "Broken off; until then nobody was given a log with a hole, a repeat or a wrong order."
    if not came.joined:
        return "Nobody could come in: nothing was measured."
    if stayed == 0:
        return "Everybody was sent away or lost before the end: nothing can be said."
    if request.messages and not said.published:
        return "No message was accepted: nothing was measured."
    who = "everybody" if stayed is None else "everybody who stayed"
    if came.resumed:
        return f"What was missed was given to {who} in order and once: {came.resumed:,} entries."
    if said.published:
        return f"Each of {said.published:,} acked messages reached {who} in its room once, in order."
    return f"Nothing was said, and {who} is still there."


def _doubts(main: Report, is_crowded: bool, cores: int) -> list[str]:
    """Why the figures may say less than they seem to; `main` is the report of what was to be measured."""
    notes = []
    share = main.busiest_share
    if 0 < main.seconds < TELLING_SECONDS:
        notes.append(
            f"This took {main.seconds * 1000:.0f} ms, too short for figures to mean much: give it more to do."
        )
    if share is not None and share >= FULL_SHARE:
        notes.append(
            f"The load generator was the bottleneck: one of its processes took {100 * share:.0f} % of a "
            "core. The server may do more; --processes helps where there are cores for them."
        )
    if is_crowded:
        notes.append(f"Server, store and load shared {cores} cores; with more of them figures are better.")
    return notes


def _mishaps(whole: Report) -> list[str]:
    """What kept people and messages away."""
    notes = []
    if whole.bounds is not None and whole.bounds.publish_per_s is not None:
        notes.append(
            f"The server's limits bound the figures: {whole.bounds.publish_burst} messages at once and "
            f"{whole.bounds.publish_per_s} a second for each person (--no-rate-limits lifts them there)."
        )
    for words, count_by_reason in (
        ("People who could not come in", whole.refused),
        ("People who were sent away, or lost", whole.gone),
        ("Messages that were refused", whole.declined),
    ):
        notes += [
            f"{words}: {count:,} ({reason})" for reason, count in count_by_reason.most_common(REASONS_SHOWN)
        ]
    if whole.unacked:
        notes.append(f"Messages not acked in time, which may be in the log or not: {whole.unacked:,}")
    return notes


def _per_second(count: int, seconds: float) -> float | None:
    return round(count / seconds, 1) if count and seconds > 0 else None


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _memory_per_person(stage: Stage) -> float | None:
    """Of the first who came: what comes later takes memory that was used before."""
    first = stage.comings[0] if stage.comings else None
    if first is None or first.cost is None or not first.report.joined:
        return None
    return round(max(0, first.cost.rss_bytes) / first.report.joined, 1)


def _cpu_percent(cost: Cost | None) -> float | None:
    if cost is None or not cost.wall_seconds:
        return None
    return round(100 * cost.cpu_seconds / cost.wall_seconds, 1)
