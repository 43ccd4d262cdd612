"""Deadlines of a connection, all waited for at once (protocol, sections 2.1, 2.2, 6 and 10.3).

Every test here awaits one of the things that the fixture `lives` has set going, so that the whole module
takes as long as the longest deadline, which are the 30 s of a reader who reads nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from websockets.frames import Opcode

from tests.integration.gateway.scene import Scene, fresh_id, role_token
from tests.integration.gateway.test_slow_readers import publish_many
from tests.integration.gateway.test_websocket_frames import frame
from tests.support.client import Client
from tests.support.server import Node

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Later than every deadline of the protocol by more than a busy machine is late.
PATIENCE_SECONDS = 60


@dataclass
class Lives:
    """What is under way, by name; each task ends with what the test of that name looks at."""

    tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    async def result(self, name: str) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.tasks[name]


async def seconds_to_close(client: Client) -> tuple[int, float]:
    """The code with which a connection ends, and after how long."""
    began_at = time.monotonic()
    code = await client.close_code(PATIENCE_SECONDS)
    return code, time.monotonic() - began_at


def mute(client: Client) -> None:
    """Say nothing more, whatever the server asks; what is written to the transport still goes out."""

    def drop() -> None:
        client._wire.data_to_send()

    client._flush = drop  # type: ignore[method-assign]


async def silent(scene: Scene) -> tuple[int, float, list[str]]:
    """One who reads and never answers: the close code, after how long, what was pushed before."""
    client = await scene.person()
    mute(client)
    code, seconds = await seconds_to_close(client)
    pings = [push["t"] for push in client.inbox if push["t"] == "ping"]
    return code, seconds, pings + ["control" for opcode in client.control_frames if opcode is Opcode.PING]


async def answering(scene: Scene, answer: bytes) -> bool:
    """One who answers each ping with these bytes only: whether they are still there after a while."""
    client = await scene.person()
    mute(client)
    began_at = time.monotonic()
    await client.expect("ping", timeout_seconds=PATIENCE_SECONDS)
    client.transport.write(answer)
    while client.is_open and time.monotonic() - began_at < 40:
        await asyncio.sleep(0.1)
    return client.is_open


async def stalled(scene: Scene, names: tuple[str, ...]) -> dict[str, Client]:
    """People who have stopped reading, and missed more than any buffer on the way to them holds."""
    room = await scene.make_room()
    how: dict[str, Any] = {"rooms": (room,), "receive_buffer_bytes": 4_096}
    people = {name: await scene.person(name, **how) for name in names}
    for person in people.values():
        person.transport.pause_reading()
    author = await scene.person("author", rooms=(room,))
    await publish_many(author, room, 2_000)
    await author.close()
    return people


async def reading_nothing(client: Client) -> tuple[int, int]:
    """One who reads nothing for a while and then everything: the close code, and the entries received."""
    stalled_at = time.monotonic()
    while time.monotonic() - stalled_at < 32.5:
        await asyncio.sleep(0.1)
    client.transport.resume_reading()
    code = await client.close_code(20)
    seqs = [push["e"]["seq"] for push in client.inbox if push["t"] == "entry"]
    assert seqs == list(range(1, len(seqs) + 1))
    return code, len(seqs)


async def reading_a_little(client: Client) -> bool:
    """One who reads a little every few seconds for 40 s: whether they are still there."""
    began_at = time.monotonic()
    (room,) = client.position_by_room
    while client.is_open and time.monotonic() - began_at < 42:
        position = client.position_by_room[room][1]
        client.transport.resume_reading()
        while client.is_open and client.position_by_room[room][1] < position + 40:  # type: ignore[redundant-expr]
            await asyncio.sleep(0.01)
        client.transport.pause_reading()
        await asyncio.sleep(4)
    is_open = client.is_open
    client.transport.abort()
    return is_open


async def zombie(node: Node, client: Client) -> bool:
    """One who never reads again: whether the server has let go of their socket after a while."""
    own_port = client.transport.get_extra_info("sockname")[1]
    began_at = time.monotonic()
    while is_held(node, own_port):
        if time.monotonic() - began_at > 50:
            return False
        await asyncio.sleep(0.2)
    return True


def is_held(node: Node, port: int) -> bool:
    """Whether the node's process still holds a socket whose peer has this port of loopback."""
    wanted = f"0100007F:{port:04X}"
    with open("/proc/net/tcp") as file:
        inodes = {line.split()[9] for line in file.readlines()[1:] if line.split()[2] == wanted}
    held = set()
    for number in os.listdir(f"/proc/{node.pid}/fd"):
        try:
            held.add(os.readlink(f"/proc/{node.pid}/fd/{number}"))
        except FileNotFoundError:
            continue
    return any(f"socket:[{inode}]" in held for inode in inodes)


async def never_hello(scene: Scene, *first: dict[str, Any]) -> tuple[int, float]:
    """One who never says a good hello."""
    client = await scene.stranger()
    for sent in first:
        client.send(sent)
    return await seconds_to_close(client)


async def late_fragment(scene: Scene) -> tuple[int, float]:
    """One who begins a message and goes on with everything but its end."""
    client = await scene.person()
    client.transport.write(frame(1, b'{"t":"ping",', fin=False))
    return await seconds_to_close(client)


async def half_request(node: Node, sent: bytes, drip: bytes = b"") -> float:
    """A request that never ends: after how long it is closed by the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    began_at = time.monotonic()
    writer.write(sent)
    closing = asyncio.ensure_future(reader.read(-1))
    try:
        while not closing.done() and time.monotonic() - began_at < 30:
            if drip:
                try:
                    writer.write(drip)
                except ConnectionError:
                    break
            await asyncio.wait([closing], timeout=0.5)
        return time.monotonic() - began_at
    finally:
        closing.cancel()
        writer.close()


async def talkative(scene: Scene) -> bool:
    """One who answers pings as a client should: whether they are there after all the rest."""
    client = await scene.person()
    await client.expect("ping", timeout_seconds=PATIENCE_SECONDS)
    began_at = time.monotonic()
    while client.is_open and time.monotonic() - began_at < 14:
        await asyncio.sleep(0.1)
    return client.is_open


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lives(embedded_node: Node) -> AsyncIterator[Lives]:
    """All of it, set going at once."""
    scene = Scene(embedded_node, "json", "")
    scene.room = await scene.make_room()
    node = embedded_node
    lives = Lives()
    people = await stalled(scene, ("nothing", "little", "zombie"))
    forbidden = {"t": "hello", "name": "a\u202eb"}
    begun: dict[str, Callable[[], Awaitable[Any]]] = {
        "silent": lambda: silent(scene),
        "json pong": lambda: answering(scene, frame(1, json.dumps({"t": "pong"}).encode())),
        "control pong": lambda: answering(scene, frame(10, b"")),
        "typing": lambda: answering(
            scene, frame(1, json.dumps({"t": "typing", "room": scene.room}).encode())
        ),
        "talkative": lambda: talkative(scene),
        "reads nothing": lambda: reading_nothing(people["nothing"]),
        "reads a little": lambda: reading_a_little(people["little"]),
        "zombie": lambda: zombie(node, people["zombie"]),
        "no hello": lambda: never_hello(scene),
        "bad hellos": lambda: never_hello(scene, forbidden, forbidden),
        "late fragment": lambda: late_fragment(scene),
        "no request": lambda: half_request(node, b""),
        "half a request": lambda: half_request(node, b"GET /ws HTTP/1.1\r\nHost: x\r\n"),
        "a dripping request": lambda: half_request(node, b"GET /ws HTTP/1.1\r\nX: ", b"x"),
        "a dripping body": lambda: half_request(
            node,
            (
                f"POST /api/rooms/place/agora/entries HTTP/1.1\r\nHost: 127.0.0.1:{node.port}\r\n"
                f"Authorization: Bearer {role_token(fresh_id('drip'))}\r\nContent-Length: 5000\r\n\r\n"
            ).encode(),
            b"x",
        ),
    }
    async with asyncio.TaskGroup() as group:
        for name, begin in begun.items():
            lives.tasks[name] = group.create_task(_kept(begin))
        yield lives
        for task in lives.tasks.values():
            task.cancel()
    await scene.close()


async def _kept(begin: Callable[[], Awaitable[Any]]) -> Any:
    """The result, or the fault as a result, so that one fault does not end the others."""
    try:
        return await begin()
    except Exception as fault:
        return fault


async def test_who_says_no_hello_is_closed_with_4502_after_five_seconds(lives: Lives) -> None:
    code, seconds = await lives.result("no hello")
    assert code == 4502 and seconds > 4


async def test_a_refused_hello_gives_no_more_time(lives: Lives) -> None:
    code, seconds = await lives.result("bad hellos")
    assert code == 4502 and seconds > 4


async def test_a_message_whose_end_never_comes_is_closed_with_1009(lives: Lives) -> None:
    code, seconds = await lives.result("late fragment")
    assert code == 1009 and seconds > 9


@pytest.mark.parametrize("name", ["no request", "half a request", "a dripping request", "a dripping body"])
async def test_a_request_that_never_ends_is_closed(lives: Lives, name: str) -> None:
    seconds = await lives.result(name)
    assert isinstance(seconds, float) and seconds < 25


async def test_one_who_is_silent_is_pinged_in_both_ways_and_closed_with_4012(lives: Lives) -> None:
    code, seconds, pings = await lives.result("silent")
    assert code == 4012 and seconds > 33
    assert pings == ["ping", "control"]


@pytest.mark.parametrize("answer", ["json pong", "control pong", "typing"])
async def test_any_sign_of_life_keeps_a_connection(lives: Lives, answer: str) -> None:
    assert await lives.result(answer) is True


async def test_one_who_answers_stays(lives: Lives) -> None:
    assert await lives.result("talkative") is True


async def test_one_who_reads_nothing_for_thirty_seconds_is_closed_with_4008(lives: Lives) -> None:
    result = await lives.result("reads nothing")
    code, entries = result
    assert code == 4008 and entries < 2_000


async def test_one_who_reads_a_little_now_and_then_stays(lives: Lives) -> None:
    assert await lives.result("reads a little") is True


async def test_one_who_never_reads_again_is_let_go_of(lives: Lives) -> None:
    assert await lives.result("zombie") is True
