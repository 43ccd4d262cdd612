"""What a user would pick instead: which servers, how each is measured, what each promises.

Knows the peers. Refuses to know how they are written; that is in peers/, the way their documents
recommend.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from bench import servers
from bench.fan_out import bytes_of_message
from bench.machine import rss_bytes
from bench.results import Run
from bench.servers import PEERS, Server
from bench.stage import Stage

SINGLE_DELIVERIES: Final = 200_000
"""Messages times readers, of a run with one in flight: some seconds for the slowest of them."""
FLYING_DELIVERIES: Final = 640_000
"""The same with 16 in flight."""


@dataclass(frozen=True)
class Peer:
    """One server; `parts` have versions, `overhead` is what it puts around a text on the wire."""

    key: str
    name: str
    promises: str
    parts: tuple[str, ...]
    run: Callable[[Stage], AbstractContextManager[Server]]
    overhead: str = ""


@contextmanager
def _hubbub(stage: Stage) -> Iterator[Server]:
    with stage.hubbub() as hubbub:
        yield hubbub.talking()


def _python(name: str) -> Callable[[Stage], AbstractContextManager[Server]]:
    command = [sys.executable, str(PEERS / f"{name}.py")]
    return lambda stage: servers.serving(name, command, stage.folder, stage.cores.server)


PEERS_COMPARED: Final = (
    Peer(
        "hubbub",
        "Hubbub",
        "one ordered log for each room; acked when synced to the disk; roles and rights checked; "
        "resume without a gap; a slow reader costs a bounded buffer",
        ("hubbub",),
        _hubbub,
    ),
    Peer(
        "limit",
        "`limit` (C)",
        "nothing: relays bytes in memory, drops what a socket does not take; what the kernel allows",
        (),
        lambda stage: stage.limit(),
    ),
    Peer(
        "websockets",
        "websockets `broadcast`",
        "relays in memory; a slow reader's buffer grows without a bound",
        ("websockets",),
        _python("websockets_broadcast"),
    ),
    Peer(
        "starlette",
        "Starlette `send_text`, uvicorn",
        "relays in memory, one reader after another; a slow reader holds up all others",
        ("starlette", "uvicorn"),
        _python("starlette_send"),
    ),
    Peer(
        "socketio",
        "Socket.IO with its Redis adapter",
        "relays in memory and by Redis pub/sub: at most once, nothing is kept",
        ("socket.io (npm)", "@socket.io/redis-adapter (npm)"),
        lambda stage: servers.socketio(stage.folder, stage.cores),
        '42["say",""]',
    ),
)
"""In the order of the table."""


def message_bytes(stage: Stage) -> int:
    """What one message of 100 bytes has on the wire as JSON of Hubbub: all peers carry as much."""
    with _hubbub(stage) as hubbub:
        return bytes_of_message(stage, hubbub)


def measure(stage: Stage, peer: Peer, size: int) -> Run:
    """One run of one peer, on a fresh server: people first, then messages of `size` bytes."""
    scale, text = stage.scale, ("-s", 100 if peer.key == "hubbub" else size - len(peer.overhead))
    with peer.run(stage) as server:
        stage.measure(server, "-c", 10, "-m", 20, "-w", 1, *text)
        stage.rest(server)
        before = rss_bytes(server.pid)
        with stage.load(server, "-c", scale.peer_connections, "-m", 0) as crowd:
            opened = crowd.opened()
            stage.rest(server)
            more = rss_bytes(server.pid) - before
        load = ("-c", scale.readers, *text)
        single = stage.measure(server, *load, "-m", SINGLE_DELIVERIES // scale.readers, "-w", 1)
        flying = stage.measure(server, *load, "-m", FLYING_DELIVERIES // scale.readers, "-w", 16)
    return {
        "single_per_s": single.delivered_per_s,
        "flying_per_s": flying.delivered_per_s,
        "bytes_per_connection": more / scale.peer_connections,
        "connects_per_s": opened.per_s,
        "core_percent": flying.cpu.core_percent,
        "server_percent": flying.cpu.server_percent,
    }
