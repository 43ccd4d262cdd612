"""Load processes and their pipes, without a server."""

from hubbub.bench.crew import Crew, Interruption
from hubbub.bench.orders import Enter, Plan
from hubbub.bench.site import Site

PEOPLE = 20_000


def test_an_order_for_many_people_is_longer_than_what_a_pipe_holds_and_arrives() -> None:
    plan = Plan(Site("http", "127.0.0.1", 1, ""), "json", "run", 100, None, None)
    order = Enter(tuple((number, f"place/bench-{number}") for number in range(PEOPLE)), 1, seconds=0)
    with Crew(plan, 2, Interruption()) as crew:
        report = crew.carry_out([order, order], 1, lambda _: None)
    assert report.refused == {"there was no time left": 2 * PEOPLE}
