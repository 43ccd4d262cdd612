"""Knows how to run `hubbub serve` as a user would; refuses to know anything about it but options and URLs."""

from __future__ import annotations

import os
import signal
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.support.stores import free_port
from tests.support.tokens import SECRET, token
from tests.support.waiting import until, until_now

# A Python process with all imports, beside others on two cores.
START_SECONDS: Final = 30.0
# The longest drain that `serve` allows itself, and a margin.
STOP_SECONDS: Final = 20.0
HTTP_SECONDS: Final = 10.0


class Node:
    """One `hubbub serve` process; killed and restarted, it keeps its port and its data folder."""

    def __init__(self, folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.options = options
        self.environment = dict(environment or {})
        self.url = f"ws://127.0.0.1:{self.port}/ws"
        self.http_url = f"http://127.0.0.1:{self.port}"
        self._running: subprocess.Popen[bytes] | None = None
        self._orphans: set[int] = set()

    @property
    def pid(self) -> int:
        """The id of the running process."""
        return self._running_process().pid

    @property
    def output(self) -> str:
        """What it has written to its log so far, over all its starts."""
        path = self.folder / "node.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def launch(self) -> None:
        """Start the process, without waiting for it to be ready."""
        hubbub = Path(sysconfig.get_path("scripts"), "hubbub")
        command = [
            str(hubbub), "serve", "--host", "127.0.0.1", "--port", str(self.port),
            "--data-dir", str(self.folder / "data"), *self.options,
        ]  # fmt: skip
        own = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        own["HUBBUB_BOTS"] = "false"  # company only where a test asks for it, with --bots
        with (self.folder / "node.log").open("ab") as output:
            self._running = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True, env={**own, **self.environment}
            )

    async def ready(self) -> None:
        """Wait until `/readyz` says 200."""
        async with httpx2.AsyncClient(timeout=HTTP_SECONDS, trust_env=False) as http:

            async def answers() -> bool:
                ended = self._running_process().poll()
                assert ended is None, f"serve ended with {ended}:\n{self.output[-3000:]}"
                try:
                    return (await http.get(f"{self.http_url}/readyz")).status_code == 200
                except httpx2.TransportError:
                    return False

            await until(f"node on port {self.port} is ready", answers, START_SECONDS)

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        self.launch()
        await self.ready()

    async def restart(self) -> None:
        """Start it again on the same port and data folder."""
        await self.start()

    def kill(self) -> None:
        """End it as a crash would: SIGKILL, to this process only (its own store, if any, lives on)."""
        self._orphans |= self._children()
        self._running_process().kill()
        self._running_process().wait(STOP_SECONDS)

    def kill_children(self) -> None:
        """End what it has started, its own store, as a crash would; itself lives on, if it does."""
        children = self._children()
        assert children, "the node has no child process"
        for child in children:
            os.kill(child, signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to drain and stop: SIGTERM. Does not wait."""
        self._running_process().send_signal(signal.SIGTERM)

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self._running_process().send_signal(number)

    async def ended(self) -> int:
        """Wait for its end and return its exit code."""
        process = self._running_process()
        await until("serve ends", lambda: process.poll() is not None, STOP_SECONDS)
        return process.returncode

    def clean(self) -> None:
        """End whatever is left of it, cleanly if it can be: its process, its group, stores it left behind."""
        process = self._running
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                until_now("serve ends", lambda: process.poll() is not None, STOP_SECONDS)
            except AssertionError:
                process.kill()
                process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for orphan in self._orphans:
            with suppress(ProcessLookupError, FileNotFoundError):
                # By its command line: the number may belong to another process by now.
                if str(self.folder).encode() in Path(f"/proc/{orphan}/cmdline").read_bytes():
                    os.kill(orphan, signal.SIGKILL)

    async def http(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx2.Response:
        """Make one HTTP request of the API."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx2.AsyncClient(timeout=HTTP_SECONDS, trust_env=False) as http:
            return await http.request(method, f"{self.http_url}{path}", headers=headers, **more)

    async def make_room(self, room: str, *, mode: str = "agora", **more: Any) -> str:
        """Make a room of an existing hub as an owner of that hub; returns its address."""
        hub, _, part = room.partition("/")
        reply = await self.http(
            "POST", f"/api/hubs/{hub}/rooms", token=owner_token(hub),
            json={"room": room, "title": part, "mode": mode, **more},
        )  # fmt: skip
        assert reply.status_code in (200, 409), reply.text
        return room

    def _children(self) -> set[int]:
        with suppress(FileNotFoundError):
            return {
                int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            }
        return set()

    def _running_process(self) -> subprocess.Popen[bytes]:
        assert self._running is not None, "the node was not started"
        return self._running


def owner_token(hub: str) -> str:
    """A token of the owner of a hub, for setting things up."""
    return token("owner", roles={hub: "owner"})


def options_for(store_url: str, *, is_lossless: bool = False, demo: bool = True) -> tuple[str, ...]:
    """The options of a node on a store: no limits on rates, the tests' secret."""
    return (
        "--redis-url", store_url, "--secret", SECRET, "--no-rate-limits",
        *(["--store-lossless"] if is_lossless else []),
        *(["--demo"] if demo else []),
    )  # fmt: skip


@asynccontextmanager
async def running_node(folder: Path, *options: str) -> AsyncIterator[Node]:
    """Run a node for the length of the block."""
    node = Node(folder, *options)
    try:
        await node.start()
        yield node
    finally:
        node.clean()


@asynccontextmanager
async def running_nodes(folder: Path, count: int, *options: str) -> AsyncIterator[list[Node]]:
    """Run several nodes with the same options, started one after another."""
    nodes = [Node(folder / f"node-{number}", *options) for number in range(count)]
    try:
        for node in nodes:
            await node.start()
        yield nodes
    finally:
        for node in nodes:
            node.clean()
