"""Knows what a run's journal says in figures; refuses to judge promises, which the checker does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.chaos.plan import Window
from tests.support.journal import Acked, AnyRecord, Closed, Joined, Nacked, Opened, Out, Sent


@dataclass
class Report:
    """The figures of one run. Calm is every instant outside of the fault windows."""

    begins_at: float
    ends_at: float
    windows: Sequence[Window]
    acks: int = 0
    calm_acks: int = 0
    switches: int = 0
    resumes: int = 0
    recovered_resumes: int = 0
    calm_nacks: Counter[str] = field(default_factory=Counter)
    nacks: Counter[str] = field(default_factory=Counter)
    resets: int = 0
    resets_without_store_kill: int = 0
    closes_without_node_kill: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def calm_seconds(self) -> float:
        """The time outside of fault windows."""
        return self.ends_at - self.begins_at - sum(w.ends_at - w.begins_at for w in self.windows)

    @property
    def calm_acks_per_second(self) -> float:
        """Acked commands per second outside of fault windows."""
        return self.calm_acks / self.calm_seconds

    @property
    def recovered_share(self) -> float:
        """The share of resumes after node kills that were recovered."""
        return self.recovered_resumes / self.resumes if self.resumes else 0.0

    def __str__(self) -> str:
        recoveries = [f"{w.fault} {w.ends_at - w.begins_at:.1f}" for w in self.windows]
        return "\n".join(
            [
                f"{self.acks} acked, {self.calm_acks_per_second:.0f}/s in {self.calm_seconds:.1f} s of calm",
                f"{self.switches} switches; {len(self.windows)} faults, seconds until recovered: "
                + ", ".join(recoveries),
                f"{self.recovered_resumes} of {self.resumes} resumes after node kills recovered",
                f"{self.resets} resets, {self.resets_without_store_kill} without a store kill",
                f"{self.closes_without_node_kill} closes without a node kill",
                f"nacks: {dict(self.nacks)}; in calm: {dict(self.calm_nacks)}",
                f"{len(self.violations)} violations" + "".join(f"\n  {one}" for one in self.violations[:20]),
            ]
        )


def figures(
    records: Iterable[AnyRecord], windows: Sequence[Window], begins_at: float, ends_at: float
) -> Report:
    """Read a run's figures out of its journal."""
    report = Report(begins_at, ends_at, windows)
    sent_by_ref: dict[tuple[str, int], Sent] = {}
    client_by_connection: dict[str, str] = {}
    killed_at_by_client: dict[str, float] = {}
    for record in records:
        match record:
            case Opened():
                client_by_connection[record.connection] = record.client
            case Sent():
                sent_by_ref[record.connection, record.ref] = record
            case Acked():
                _count_ack(report, record, sent_by_ref.pop((record.connection, record.ref)))
            case Nacked():
                _count_nack(report, record, sent_by_ref.pop((record.connection, record.ref), None))
            case Closed() if begins_at <= record.at <= ends_at:
                if _is_within(windows, "node", record.at, record.at):
                    killed_at_by_client[client_by_connection[record.connection]] = record.at
                else:
                    report.closes_without_node_kill += 1
            case Joined() if record.after_seq is not None:
                if killed_at_by_client.pop(client_by_connection[record.connection], None) is not None:
                    report.resumes += 1
                    report.recovered_resumes += record.recovered
            case Out() if record.why == "reset":
                report.resets += 1
                report.resets_without_store_kill += not _is_within(windows, "store", record.at, record.at)
            case _:
                pass
    return report


def _count_ack(report: Report, acked: Acked, sent: Sent) -> None:
    report.acks += 1
    report.switches += sent.command == "mode"
    is_calm = not any(w.overlaps(acked.at, acked.at) for w in report.windows)
    report.calm_acks += is_calm and report.begins_at <= acked.at <= report.ends_at


def _count_nack(report: Report, nacked: Nacked, sent: Sent | None) -> None:
    report.nacks[nacked.code] += 1
    began_at = sent.at if sent is not None else nacked.at
    if not any(w.overlaps(began_at, nacked.at) for w in report.windows):
        report.calm_nacks[nacked.code] += 1


def _is_within(windows: Sequence[Window], fault: str, begins_at: float, ends_at: float) -> bool:
    return any(w.fault == fault and w.overlaps(begins_at, ends_at) for w in windows)
