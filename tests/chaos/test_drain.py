"""A node that is asked to stop says so to everybody, answers what it was asked, and closes with 1012."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.support.checker import check
from tests.support.client import Client, Position, open_client
from tests.support.history import read_log
from tests.support.journal import Journal
from tests.support.server import Node, options_for, running_nodes
from tests.support.stores import running_store
from tests.support.tokens import token

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]

PEOPLE: Final = 30
ROOM: Final = "place/drained"


@dataclass
class Drain:
    """What thirty people saw of the end of their node."""

    drain_pushes: list[dict[str, Any]]
    close_codes: list[int]
    exit_code: int
    resumes: list[dict[str, Any]]
    violations: list[str]


async def come(
    node: Node, number: int, journal: Journal, after: Position | None = None
) -> tuple[Client, Any]:
    """Open a client in the room; returns it and its `joined`."""
    name = f"p{number}"
    client = await open_client(
        node.url, codec="json" if number % 2 else "msgpack", name=name, journal=journal
    )
    await client.hello(token=token(name))
    joined = await client.join(ROOM, after=after)
    assert joined["t"] == "joined", joined
    return client, joined


async def settle(client: Client, number: int) -> None:
    """Publish, if need be again, what was not answered before the end."""
    reply = await client.publish(ROOM, f"Last words of {number}", id=f"last-{number}")
    assert reply["t"] == "ack", reply


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def drain(tmp_path_factory: pytest.TempPathFactory) -> Drain:
    """Thirty people publish while their node is asked to stop; then they resume at another one."""
    folder: Path = tmp_path_factory.mktemp("drain")
    journal = Journal()
    with running_store(folder / "store", engine="valkey") as store:
        async with running_nodes(folder, 2, *options_for(store.url, is_lossless=True)) as (leaving, staying):
            await leaving.make_room(ROOM)
            people = [(await come(leaving, number, journal))[0] for number in range(PEOPLE)]
            for number, person in enumerate(people):
                last = {"room": ROOM, "id": f"last-{number}", "text": f"Last words of {number}"}
                person.send({"t": "publish", **last})
            leaving.terminate()
            pushes = [await person.expect("drain") for person in people]
            codes = [await person.close_code(20) for person in people]
            exit_code = await leaving.ended()
            back = [
                await come(staying, number, journal, person.position_by_room[ROOM])
                for number, person in enumerate(people)
            ]
            for number, (person, _) in enumerate(back):
                await settle(person, number)
            journal.write(await read_log(back[0][0], ROOM))
            for person, _ in back:
                await person.close()
    violations = check(journal.records, mode_by_room={ROOM: "agora"})
    return Drain(pushes, codes, exit_code, [joined for _, joined in back], violations)


async def test_everybody_is_told_when_to_come_back(drain: Drain) -> None:
    waits = [push["reconnect_ms"] for push in drain.drain_pushes]
    assert len(waits) == PEOPLE and len(set(waits)) > PEOPLE / 2 and min(waits) >= 0


async def test_everybody_is_closed_with_1012(drain: Drain) -> None:
    assert drain.close_codes == [1012] * PEOPLE


async def test_the_node_ends_well(drain: Drain) -> None:
    assert drain.exit_code == 0


async def test_everybody_resumes_at_another_node(drain: Drain) -> None:
    assert [joined["recovered"] for joined in drain.resumes] == [True] * PEOPLE


async def test_no_promise_is_broken(drain: Drain) -> None:
    assert drain.violations == []
