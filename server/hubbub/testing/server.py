"""A real server for tests: on a free port, with its own store, in a folder that goes away.

Knows the command `hubbub` and what it prints. Refuses to know what a test does with the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import tempfile
import urllib.request
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from hubbub.domain.state import ModeWord
from hubbub.testing.relay import LOOPBACK, Relay
from hubbub.tokens import mint

START_SECONDS = 30.0
"""For a Python process with all imports and its store, on a busy machine."""

STOP_SECONDS = 20.0
"""For the longest drain of a server, and a margin."""

TOKEN_SECONDS = 3_600
HTTP_SECONDS = 10.0


class Server:
    """`hubbub serve` as a process of its own; made by `run_server`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        self._secret = secrets.token_urlsafe(48)
        self._relay = Relay()
        self._port = 0
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where it is, through a port whose connections can be cut."""
        return f"http://{LOOPBACK}:{self._relay.port}"

    def token(
        self, name: str, *, kind: Literal["person", "bot"] = "person", roles: Mapping[str, str] | None = None
    ) -> str:
        """A token for somebody: `token("alice", roles={"place": "moderator"})`. The name is the id, too."""
        return mint(self._secret.encode(), name, name, kind, dict(roles or {}), TOKEN_SECONDS)

    async def make_room(self, address: str, mode: ModeWord = "agora", **more: str) -> None:
        """A room, and its hub if that is not there yet."""
        hub, _, title = address.partition("/")
        await self._command("hub", "create", hub, "--owner", "owner", may_fail=True)
        fields = {"room": address, "title": title, "mode": mode, **more}
        await asyncio.to_thread(
            self._post, f"/api/hubs/{hub}/rooms", fields, self.token("owner", roles={hub: "owner"})
        )

    def drop_connections(self) -> None:
        """Cuts every connection, without a word; clients may come back at once."""
        self._relay.cut()

    async def restart(self, *, kill: bool = False) -> None:
        """Stops it, in order or by SIGKILL, and starts it again with everything it had stored."""
        await self.stop(kill=kill)
        await self.start()

    async def start(self) -> None:
        """Starts it; returns when it serves. Raises RuntimeError with what it said."""
        if not self._relay.port:
            await self._relay.start()
        own = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hubbub", "serve", "--host", LOOPBACK, "--port", str(self._port),
            "--data-dir", str(self._folder), "--secret", self._secret, "--no-rate-limits",
            "--allowed-origins", self.url, *self._options, stdout=PIPE, stderr=DEVNULL, env=own,
        )  # fmt: skip
        self._port = await self._announced_port(self._process)
        self._relay.target_port = self._port

    async def stop(self, *, kill: bool = False) -> None:
        """Stops it, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill() if kill else process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            await process.communicate()

    async def aclose(self) -> None:
        """Stops it and its port."""
        await self.stop()
        await self._relay.stop()

    async def _announced_port(self, process: Process) -> int:
        assert process.stdout is not None
        said = b""
        async with asyncio.timeout(START_SECONDS):
            while line := await process.stdout.readline():
                said += line
                _, found, address = line.decode(errors="replace").partition("Hubbub is at ")
                if found:
                    return int(address.strip().rpartition(":")[2])
        raise RuntimeError(f"The server did not start: {said.decode(errors='replace')}")

    async def _command(self, *words: str, may_fail: bool = False) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hubbub", *words, "--data-dir", str(self._folder), stdout=PIPE, stderr=PIPE
        )
        async with asyncio.timeout(START_SECONDS):
            _, fault = await process.communicate()
        if process.returncode and not may_fail:
            raise RuntimeError(fault.decode(errors="replace"))

    def _post(self, path: str, fields: Mapping[str, Any], token: str) -> None:
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self._port}{path}",
            msgspec.json.encode(fields),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS):
            pass


@contextlib.asynccontextmanager
async def run_server(
    rooms: Mapping[str, ModeWord] | None = None, *, options: tuple[str, ...] = ()
) -> AsyncIterator[Server]:
    """A server with these rooms for the length of the block; `options` are those of `hubbub serve`."""
    with tempfile.TemporaryDirectory(prefix="hubbub-") as folder:
        server = Server(Path(folder), *options)
        try:
            await server.start()
            for address, mode in (rooms or {"place/agora": "agora"}).items():
                await server.make_room(address, mode)
            yield server
        finally:
            await server.aclose()
