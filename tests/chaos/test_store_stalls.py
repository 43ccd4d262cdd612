"""The store stops answering for 15 s: everybody stays, nothing is acked falsely, nothing overtakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.support.checker import check
from tests.support.client import Client, open_client
from tests.support.history import read_log
from tests.support.journal import Journal, Log, now
from tests.support.server import Node, options_for, running_nodes
from tests.support.stores import Store, running_store
from tests.support.tokens import token
from tests.support.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]

STALL_SECONDS: Final = 15.0
# The server gives the store 2 s; this is that, for a machine that has other things to do.
DEADLINE_SECONDS: Final = 5.0
ROOM: Final = "place/stalled"


@dataclass
class Stall:
    """What a stall of 15 s did, as its clients saw it."""

    clients: dict[str, Client]
    log: Log
    journal: Journal
    codes: list[str] = field(default_factory=list)
    false_acks: list[dict[str, Any]] = field(default_factory=list)
    join_during: dict[str, Any] = field(default_factory=dict)
    last_mode: str = ""


async def come(node: Node, name: str, journal: Journal, **how: Any) -> Client:
    """Open a client in the room."""
    roles = {"place": "moderator"} if name == "moderator" else None
    client = await open_client(node.url, name=name, journal=journal, **how)
    await client.hello(token=token(name, roles=roles))
    assert (await client.join(ROOM))["t"] == "joined"
    return client


async def insist(client: Client, command: dict[str, Any]) -> dict[str, Any]:
    """Ask with the same `id` until the answer is not a temporary refusal."""
    while True:
        reply = await client.ask(command, DEADLINE_SECONDS)
        if not reply.get("temporary", False):
            return reply


def publish(number: int) -> dict[str, Any]:
    """The publish of one number of the stall."""
    return {"t": "publish", "room": ROOM, "id": f"during-{number}", "text": f"Message {number}"}


def mode(id: str, mode: str) -> dict[str, Any]:
    """A switch of the room's mode."""
    return {"t": "mode", "room": ROOM, "id": id, "mode": mode, "reason": "A talk"}


async def stall_through(store: Store, stall: Stall) -> int:
    """Stop the store and ask for things for 15 s; returns how many publishes were asked for."""
    author, moderator, late = (stall.clients[name] for name in ("author", "moderator", "late"))
    store.stall()
    begins_at, number = now(), 0
    joining = late.send({"t": "join", "room": ROOM})
    switching = moderator.send(mode("switch", "announcement"))
    while now() - begins_at < STALL_SECONDS:
        refs = [author.send(publish(number + one)) for one in range(3)]
        number += len(refs)
        for reply in [await author.answer(ref, DEADLINE_SECONDS) for ref in refs]:
            (stall.codes.append(reply["code"]) if reply["t"] == "nack" else stall.false_acks.append(reply))
    stall.join_during = await late.answer(joining, DEADLINE_SECONDS)
    switched = await moderator.answer(switching, DEADLINE_SECONDS)
    stall.codes.append(switched.get("code", "acked"))
    return number


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stall]:
    """One stall of a store with two nodes, and all that followed it."""
    folder = tmp_path_factory.mktemp("stall")
    journal = Journal()
    with running_store(folder / "store", engine="redis") as store:
        async with running_nodes(folder, 2, *options_for(store.url, is_lossless=True)) as nodes:
            await nodes[0].make_room(ROOM)
            clients = {name: await come(nodes[0], name, journal) for name in ("author", "moderator", "idle")}
            clients["reader"] = await come(nodes[1], "reader", journal, codec="msgpack")
            clients["late"] = await open_client(nodes[1].url, name="late", journal=journal)
            await clients["late"].hello(token=token("late"))
            stall = Stall(clients, Log(ROOM, "", 0, 0, ()), journal)
            assert (await clients["author"].publish(ROOM, "Before"))["t"] == "ack"
            count = await stall_through(store, stall)
            opposite = asyncio.create_task(insist(clients["moderator"], mode("opposite", "agora")))
            store.resume()
            assert (await opposite).get("code", "no_change") == "no_change"
            for number in range(count):
                assert (await insist(clients["author"], publish(number)))["t"] == "ack"
            assert (await insist(clients["late"], {"t": "join", "room": ROOM}))["t"] == "joined"
            stall.log = await read_log(clients["author"], ROOM)
            stall.last_mode = (await clients["author"].join(ROOM))["state"]["mode"]
            present = [clients["idle"], clients["reader"]]
            await until(
                "the readers were given everything",
                lambda: all(one.position_by_room[ROOM][1] == stall.log.seq for one in present),
            )
            yield stall
            for client in clients.values():
                await client.close()


async def test_nobody_is_disconnected(stall: Stall) -> None:
    assert [name for name, client in stall.clients.items() if not client.is_open] == []


async def test_nothing_is_acked_while_the_store_does_not_answer(stall: Stall) -> None:
    assert stall.false_acks == []


async def test_every_command_is_refused_within_the_deadline(stall: Stall) -> None:
    assert stall.codes and set(stall.codes) <= {"unavailable", "unknown_outcome"}


async def test_a_join_is_refused_within_the_deadline(stall: Stall) -> None:
    assert stall.join_during["t"] == "nack" and stall.join_during["code"] == "unavailable"


async def test_a_retry_with_the_same_id_never_doubles(stall: Stall) -> None:
    ids = [entry["id"] for entry in stall.log.entries if entry["kind"] == "message" and "id" in entry]
    assert len(ids) == len(set(ids)) == len(stall.codes)


async def test_a_switch_that_timed_out_does_not_overtake_its_opposite(stall: Stall) -> None:
    assert stall.last_mode == "agora"


async def test_no_promise_is_broken(stall: Stall) -> None:
    records = [*stall.journal.records, stall.log]
    assert check(records, mode_by_room={ROOM: "agora"}, role_by_identity={"moderator": "moderator"}) == []
