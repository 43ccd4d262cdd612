"""A verdict is about the server, or there is none."""

from bench.verdict import Bound, Verdict, judge

BOUNDS = (Bound("ratio", at_least=0.85), Bound("p99_ms", at_most=25.0))


def test_figures_at_their_bounds_hold() -> None:
    assert judge({"ratio": 0.85, "p99_ms": 25.0}, BOUNDS) is Verdict.HOLDS


def test_one_figure_beyond_its_bound_misses() -> None:
    assert judge({"ratio": 0.849, "p99_ms": 1.0}, BOUNDS) is Verdict.MISSES
    assert judge({"ratio": 2.0, "p99_ms": 25.1}, BOUNDS) is Verdict.MISSES


def test_a_figure_that_is_not_there_is_not_measured() -> None:
    assert judge({"ratio": 2.0}, BOUNDS) is Verdict.NOT_MEASURED


def test_there_is_no_verdict_where_the_load_was_what_everybody_waited_for() -> None:
    figures = {"ratio": 2.0, "p99_ms": 1.0, "core_percent": 95.0, "server_percent": 89.0}
    assert judge(figures, BOUNDS) is Verdict.LOAD_FULL


def test_there_is_no_verdict_on_a_ratio_to_a_limit_that_waited_for_the_load() -> None:
    figures = {"ratio": 0.1, "p99_ms": 1.0, "limit_core_percent": 99.0, "limit_server_percent": 50.0}
    assert judge(figures, BOUNDS) is Verdict.LOAD_FULL


def test_a_full_load_beside_a_full_server_is_no_excuse() -> None:
    figures = {"ratio": 0.1, "p99_ms": 1.0, "core_percent": 99.0, "server_percent": 90.0}
    assert judge(figures, BOUNDS) is Verdict.MISSES
