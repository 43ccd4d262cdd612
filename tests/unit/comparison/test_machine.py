"""What others use of the cores is what the cores did, and we did not."""

from bench.machine import Cores, Moment, moment, others_percent

TWO = Cores(0, 1)


def test_what_is_ours_is_not_of_others() -> None:
    assert others_percent(Moment(10.0, 100.0, 5.0), Moment(20.0, 115.0, 20.0), TWO) == 0.0


def test_what_is_not_ours_counts_by_the_cores_it_could_have_had() -> None:
    assert others_percent(Moment(10.0, 100.0, 5.0), Moment(20.0, 115.0, 15.0), TWO) == 25.0


def test_cores_never_work_backwards() -> None:
    first = moment(Cores(None, None))
    assert moment(Cores(None, None)).busy_seconds >= first.busy_seconds > 0
