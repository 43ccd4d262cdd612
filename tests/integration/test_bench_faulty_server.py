"""`hubbub bench` against servers that break a promise, each in one way: it says so and fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import pytest
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from tests.support.command_line import HUBBUB, own_environment

ROOM: Final = "place/agora"
END_SECONDS: Final = 40.0

Frame = dict[str, Any]
Pushes = list[Frame]


class FaultyServer:
    """One room that everybody is in; `spoil` turns the pushes of one message into what readers are given."""

    def __init__(self, spoil: Callable[[Pushes], Pushes], acks: int = 1) -> None:
        self.spoil = spoil
        self.acks = acks
        self.seq = 0
        self.connections: set[ServerConnection] = set()

    async def meet(self, connection: ServerConnection) -> None:
        """Serves one connection."""
        try:
            async for text in connection:
                for frame in self.answers(connection, json.loads(text)):
                    await connection.send(json.dumps(frame))
        finally:
            self.connections.discard(connection)

    def answers(self, connection: ServerConnection, command: Frame) -> list[Frame]:
        """The replies to a command; what it appends goes to everybody."""
        ref = command["ref"]
        match command["t"]:
            case "hello":
                return [{"t": "welcome", "ref": ref, "limits": {}}]
            case "join":
                self.connections.add(connection)
                return [
                    {"t": "joined", "ref": ref, "room": ROOM, "epoch": "e", "seq": self.seq, "entries": []}
                ]
            case _:
                self.seq += 1
                entry = {"seq": self.seq, "id": command["id"], "text": command["text"]}
                pushes = self.spoil([{"t": "entry", "room": ROOM, "epoch": "e", "e": entry}])
                for push in pushes:
                    broadcast(self.connections, json.dumps(push))
                return [{"t": "ack", "ref": ref, "room": ROOM, "epoch": "e", "seq": self.seq}] * self.acks


def alive(connection: ServerConnection, request: Request) -> Response | None:
    """Answers to whoever asks whether it is alive."""
    return connection.respond(HTTPStatus.OK, "yes") if request.path == "/livez" else None


def untouched(pushes: Pushes) -> Pushes:
    return pushes


def twice(pushes: Pushes) -> Pushes:
    return pushes * 2


def without_the_third(pushes: Pushes) -> Pushes:
    return [push for push in pushes if push["e"]["seq"] != 3]


def the_third_later() -> Callable[[Pushes], Pushes]:
    kept: Pushes = []

    def spoil(pushes: Pushes) -> Pushes:
        if pushes[0]["e"]["seq"] == 3:
            kept.extend(pushes)
            return []
        return [*pushes, *kept] if pushes[0]["e"]["seq"] == 4 else pushes

    return spoil


async def verdict_on(server: FaultyServer) -> tuple[int, dict[str, Any]]:
    """Exit code and the run that a small fan-out to three readers, ten messages, ends with."""
    json_only = [Subprotocol("hubbub.v1.json")]
    async with serve(server.meet, "127.0.0.1", 0, subprotocols=json_only, process_request=alive) as listening:
        [socket] = listening.sockets
        words = ["--against", f"http://127.0.0.1:{socket.getsockname()[1]}", "--room", ROOM, "--people", "3"]
        bench = await asyncio.create_subprocess_exec(
            HUBBUB, "bench", *words, "--messages", "10", "--seconds", "1", "--json",
            stdout=asyncio.subprocess.PIPE, env=own_environment(),
        )  # fmt: skip
        async with asyncio.timeout(END_SECONDS):
            out, _ = await bench.communicate()
    assert bench.returncode is not None
    [run] = json.loads(out)["runs"]
    return bench.returncode, run


async def test_a_server_without_a_fault_has_none() -> None:
    code, run = await verdict_on(FaultyServer(untouched))
    assert (code, run["is_sound"], run["delivered"]) == (0, True, 30)


@pytest.mark.parametrize(
    ("server", "fault", "count"),
    [
        (FaultyServer(twice), "repeated", 30),
        (FaultyServer(without_the_third), "lost", 3),
        (FaultyServer(the_third_later()), "out_of_order", 3),
        (FaultyServer(untouched, acks=2), "acked_twice", 10),
    ],
    ids=["repeats", "drops", "swaps", "acks twice"],
)
async def test_a_server_that_breaks_a_promise_is_found_out(
    server: FaultyServer, fault: str, count: int
) -> None:
    code, run = await verdict_on(server)
    assert code == 1 and not run["is_sound"]
    assert {name: found for name, found in run["faults"].items() if found} == {fault: count}
    assert run["verdict"].startswith("A PROMISE WAS BROKEN")
