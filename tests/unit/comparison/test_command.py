"""`python -m bench` says which rows there are, and goes on after one that fails."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import Found, heading, measure_row, options
from bench.machine import Cores
from bench.programs import Failed
from bench.results import Results
from bench.rows import ROWS, Row
from bench.stage import SMALL, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage on which nothing is started."""
    return Stage(tmp_path, Cores(None, None), tmp_path, tmp_path, 1, SMALL, lambda line: None)


def measured_by(stage: Stage, row: Row, stored: Results) -> Results:
    """Results of one row alone."""
    found = Found(replace(stored, measured_by_key={}))
    measure_row(stage, row, found)
    return found.results


def test_all_rows_and_the_peers_are_measured_unless_some_are_named() -> None:
    assert options([]).keys == [*(row.key for row in ROWS), "peers"]
    assert options(["--only", "idle, peers"]).keys == ["idle", "peers"]


def test_a_row_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--only", "speed"])
    assert "there is no row speed; there are: fanout-16" in capsys.readouterr().err


def test_the_command_of_the_document_is_the_one_that_was_given() -> None:
    assert (
        heading(options(["--runs", "3", "--only", "idle"])).command == "python -m bench --runs 3 --only idle"
    )


def test_a_row_that_fails_keeps_the_runs_it_had(stage: Stage, stored: Results) -> None:
    def fails(stage: Stage) -> Iterator[tuple[str, dict[str, float]]]:
        yield "", {"cpu_percent": 1.0}
        raise Failed("the server ended at once")

    kept = measured_by(stage, replace(ROWS[-1], measure=fails), stored).measured_by_key["idle"]
    assert kept.runs_by_variant == {"": ({"cpu_percent": 1.0},)}
    assert kept.fault == "failed: the server ended at once"


def test_what_was_measured_before_an_interruption_is_kept(stage: Stage, stored: Results) -> None:
    def interrupted(stage: Stage) -> Iterator[tuple[str, dict[str, float]]]:
        yield "", {"cpu_percent": 1.0}
        raise KeyboardInterrupt

    found = Found(replace(stored, measured_by_key={}))
    with pytest.raises(KeyboardInterrupt):
        measure_row(stage, replace(ROWS[-1], measure=interrupted), found)
    assert found.results.measured_by_key["idle"].fault == "interrupted"
