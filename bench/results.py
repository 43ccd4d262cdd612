"""What was found: every run of every row and peer, with where and when; kept as JSON.

Knows how results are kept, joined and reduced to medians. Refuses to know what is good enough, and how
it is shown.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Final

FORMAT: Final = 1
"""Raised when older results can no longer be read."""

Run = Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """All runs of one row or peer, by variant; and why there are not more of them, if so.

    `others_percent` is what programs that are not ours used of the cores meanwhile.
    """

    key: str
    commit: str
    measured_at: str
    runs_by_variant: Mapping[str, tuple[Run, ...]]
    fault: str = ""
    others_percent: float = 0.0

    def medians(self, variant: str) -> dict[str, float]:
        """The median of each figure of a variant."""
        runs = self.runs_by_variant.get(variant, ())
        names = runs[0].keys() if runs else ()
        return {name: median(run[name] for run in runs) for name in names}


@dataclass(frozen=True)
class Results:
    """Everything one table is made of; `measured_by_key` has rows and peers alike."""

    date: str
    commit: str
    command: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    settings: Mapping[str, str]
    measured_by_key: Mapping[str, Measured] = field(default_factory=dict)

    def with_measured(self, one: Measured) -> "Results":
        """The same with one row or peer more, or newer."""
        return replace(self, measured_by_key={**self.measured_by_key, one.key: one})

    def joined_to(self, older: "Results") -> "Results":
        """These, and of older ones what these do not have."""
        return replace(self, measured_by_key={**older.measured_by_key, **self.measured_by_key})


def dump(results: Results) -> str:
    """As a JSON document."""
    return json.dumps({"format": FORMAT, **asdict(results)}, indent=1, ensure_ascii=False) + "\n"


def load(text: str) -> Results:
    """Read what `dump` wrote; raises ValueError for another format."""
    document = json.loads(text)
    if document.pop("format", None) != FORMAT:
        raise ValueError("these results were written by another version of the benchmark")
    measured = {
        key: Measured(**{**one, "runs_by_variant": _runs(one["runs_by_variant"])})
        for key, one in document.pop("measured_by_key").items()
    }
    return Results(**document, measured_by_key=measured)


def read(path: Path) -> Results | None:
    """The results in a file; None if there are none."""
    return load(path.read_text()) if path.exists() else None


def _runs(by_variant: Mapping[str, list[Run]]) -> dict[str, tuple[Run, ...]]:
    return {variant: tuple(runs) for variant, runs in by_variant.items()}
