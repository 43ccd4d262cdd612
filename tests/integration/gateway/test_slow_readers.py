"""A reader that does not read harms itself only (protocol, section 10.3)."""

from __future__ import annotations

import asyncio
import os
import struct

from tests.integration.gateway.scene import Scene, assert_acked, caught_up, pushed, settled
from tests.support.client import Client
from tests.support.server import Node
from tests.support.waiting import until

LONG = "x" * 4_000
RECEIVE_BYTES = 4_096


def resident_bytes(node: Node) -> int:
    """The memory that the node's process holds now."""
    with open(f"/proc/{node.pid}/statm") as file:
        return int(file.read().split()[1]) * 4_096


def open_files(node: Node) -> int:
    return len(os.listdir(f"/proc/{node.pid}/fd"))


async def publish_many(author: Client, room: str, count: int, text: str = LONG) -> list[int]:
    """Publish without waiting for each other, a hundred at a time; returns the `seq`s."""
    seqs: list[int] = []
    for start in range(0, count, 100):
        refs = [
            author.send({"t": "publish", "room": room, "text": text}) for _ in range(min(100, count - start))
        ]
        seqs += [assert_acked(await author.answer(ref)) for ref in refs]
    return seqs


async def test_others_are_served_while_some_read_nothing(one_scene: Scene) -> None:
    scene = one_scene
    author, reader = await scene.person(), await scene.person("boris")
    stalled = [await scene.person(f"s{n}", receive_buffer_bytes=RECEIVE_BYTES) for n in range(10)]
    for client in stalled:
        client.transport.pause_reading()
    seqs = await publish_many(author, scene.room, 2_000)
    await caught_up(reader, scene.room, seqs[-1])
    assert [entry["seq"] for entry in pushed(reader, scene.room)] == seqs
    assert all(client.is_open for client in stalled)


async def test_a_reader_that_reads_again_misses_nothing_and_gets_nothing_twice(one_scene: Scene) -> None:
    scene = one_scene
    author = await scene.person()
    reader = await scene.person("boris", receive_buffer_bytes=RECEIVE_BYTES)
    for _ in range(2):
        reader.transport.pause_reading()
        seqs = await publish_many(author, scene.room, 1_500)
        reader.transport.resume_reading()
        await caught_up(reader, scene.room, seqs[-1])
    assert [entry["seq"] for entry in pushed(reader, scene.room)] == list(range(1, 3_001))
    seq = assert_acked(await reader.publish(scene.room, "I am back"))
    await caught_up(reader, scene.room, seq)


async def test_a_reader_far_behind_is_caught_up_from_the_log_in_the_middle_of_new_entries(
    one_scene: Scene,
) -> None:
    scene = one_scene
    author = await scene.person()
    reader = await scene.person("boris", receive_buffer_bytes=RECEIVE_BYTES)
    reader.transport.pause_reading()
    await publish_many(author, scene.room, 3_000)
    reader.transport.resume_reading()
    await publish_many(author, scene.room, 1_000)
    await caught_up(reader, scene.room, 4_000)
    assert [entry["seq"] for entry in pushed(reader, scene.room)] == list(range(1, 4_001))


async def test_the_memory_kept_for_those_who_read_nothing_is_bounded(one_scene: Scene) -> None:
    scene = one_scene
    author = await scene.person()
    stalled = [await scene.person(f"s{n}", receive_buffer_bytes=RECEIVE_BYTES) for n in range(30)]
    for client in stalled:
        client.transport.pause_reading()
    await publish_many(author, scene.room, 500)
    before = resident_bytes(scene.node)
    await publish_many(author, scene.room, 2_000)
    grown = resident_bytes(scene.node) - before
    assert grown < 48 * 2**20, "30 readers that missed 8 MB each"


async def test_commands_of_one_who_reads_nothing_wait(one_scene: Scene) -> None:
    scene = one_scene
    author = await scene.person()
    await publish_many(author, scene.room, 60)
    reader = await scene.person("boris", receive_buffer_bytes=RECEIVE_BYTES)
    reader.transport.pause_reading()
    before = resident_bytes(scene.node)
    refs = [reader.send({"t": "history", "room": scene.room, "limit": 60}) for _ in range(400)]
    await publish_many(author, scene.room, 100)
    assert resident_bytes(scene.node) - before < 32 * 2**20, "400 pages of 240 KB are 96 MB"
    reader.transport.resume_reading()
    for ref in refs:
        assert (await reader.answer(ref))["t"] == "history"


def ping_frame(payload: bytes) -> bytes:
    return struct.pack("!BB", 0x89, 0x80 | len(payload)) + bytes(4) + payload


async def test_a_flood_of_pings_without_reading_costs_no_memory(one_scene: Scene) -> None:
    scene = one_scene
    flooder = await scene.person(receive_buffer_bytes=RECEIVE_BYTES)
    flooder.transport.pause_reading()
    before = resident_bytes(scene.node)
    chunk = ping_frame(b"x" * 100) * 2_000
    sent = 0
    while sent < 60 * 2**20 and flooder.is_open and flooder.transport.get_write_buffer_size() < 2**20:
        flooder.transport.write(chunk)
        sent += len(chunk)
        await asyncio.sleep(0)
    other = await scene.person("boris")
    assert_acked(await other.publish(scene.room, "still served"))
    assert resident_bytes(scene.node) - before < 16 * 2**20
    flooder.transport.abort()


async def test_many_tiny_messages_in_one_read_are_carried_out_in_order(one_scene: Scene) -> None:
    scene = one_scene
    client = await scene.person()
    before = resident_bytes(scene.node)
    frames = []
    for number in range(20_000):
        payload = b'{"t":"ping","ref":%d}' % (number + 1_000)
        frames.append(struct.pack("!BB", 0x81, 0x80 | len(payload)) + bytes(4) + payload)
    client.transport.write(b"".join(frames))
    await until("all are answered", lambda: len(client.inbox) >= 20_000, 30)
    pongs = [push["ref"] for push in client.inbox if push["t"] == "pong"]
    assert pongs == list(range(1_000, 21_000))
    assert resident_bytes(scene.node) - before < 32 * 2**20


async def test_tiny_messages_of_many_who_read_nothing_cost_little(one_scene: Scene) -> None:
    scene = one_scene
    clients = [await scene.person(f"s{n}", receive_buffer_bytes=RECEIVE_BYTES) for n in range(10)]
    before = resident_bytes(scene.node)
    tiny = (struct.pack("!BB", 0x81, 0x80 | 20) + bytes(4) + b'{"t":"ping","ref":1}') * 10_000
    for client in clients:
        client.transport.pause_reading()
        client.transport.write(tiny)
    other = await scene.person("boris")
    for _ in range(20):
        assert_acked(await other.publish(scene.room, "still served"))
    assert resident_bytes(scene.node) - before < 48 * 2**20
    for client in clients:
        client.transport.abort()


async def test_connections_that_were_cut_leave_nothing_behind(one_scene: Scene) -> None:
    scene = one_scene
    witness = await scene.person()
    before = open_files(scene.node)
    clients = [await scene.person(f"s{n}", receive_buffer_bytes=RECEIVE_BYTES) for n in range(30)]
    for client in clients:
        client.transport.pause_reading()
    await publish_many(witness, scene.room, 300)
    for client in clients:
        client.transport.abort()
    await until("their sockets are gone", lambda: open_files(scene.node) <= before + 1)

    async def is_alone() -> bool:
        return bool((await witness.ask({"t": "who", "room": scene.room}))["count"] == 1)

    await until("nobody else is present", is_alone)
    await settled(witness)
