"""Nodes and the store are killed under load while modes switch, and every promise is kept."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tests.chaos.harness import run
from tests.chaos.plan import FULL, SHORT
from tests.chaos.report import Report


@pytest.fixture(scope="module")
def plan_is_full(request: pytest.FixtureRequest) -> bool:
    """Whether the long form was asked for."""
    return bool(request.config.getoption("--chaos-full"))


@pytest.fixture(scope="module")
def report(plan_is_full: bool, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of one run, which all tests of this module read."""
    plan = FULL if plan_is_full else SHORT
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(run(plan, tmp_path_factory.mktemp("chaos"), "redis"))
    print(f"\n{result}")
    return result


pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]


def test_no_promise_is_broken(report: Report) -> None:
    assert report.violations == []


def test_the_server_does_not_give_up(report: Report, plan_is_full: bool) -> None:
    plan = FULL if plan_is_full else SHORT
    assert report.switches == plan.switches
    assert report.acks >= 5_000
    assert not plan_is_full or report.calm_acks_per_second >= 500, str(report)


def test_resumes_after_the_death_of_a_node_are_recovered(report: Report) -> None:
    assert report.recovered_share >= 0.99, str(report)


def test_nobody_is_reset_unless_the_store_was_killed(report: Report) -> None:
    assert report.resets_without_store_kill == 0, str(report)


def test_nobody_is_disconnected_unless_a_node_was_killed(report: Report) -> None:
    assert report.closes_without_node_kill == 0, str(report)


def test_outside_of_faults_only_the_mode_refuses(report: Report) -> None:
    assert set(report.calm_nacks) <= {"announcement_only"}, str(report)
