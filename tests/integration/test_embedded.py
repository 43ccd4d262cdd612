"""The private store, with a real Valkey: what survives, what is refused, who is told apart from whom."""

import asyncio
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hubbub import embedded
from hubbub.embedded import EmbeddedStore, StartRefused
from tests.support.waiting import until

KILLED_SERVER = """
import asyncio, sys, uvloop
from pathlib import Path
from hubbub.embedded import EmbeddedStore

async def main():
    async with EmbeddedStore(Path(sys.argv[1])) as store:
        print(store.pid, flush=True)
        await asyncio.Event().wait()

uvloop.run(main())
"""


# What one who does not read takes up before it stops, and a message larger than what is copied.
LITTLE_BYTES, LARGE_BYTES = 1_024, 262_144


async def is_heard(client: Redis) -> bool:
    """Whether anybody has subscribed to `channel`."""
    _, listeners = await client.execute_command("PUBSUB", "SHARDNUMSUB", "channel")  # type: ignore[no-untyped-call]
    return bool(listeners)


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Redis]:
    """Connect to a store; the connection is closed with the context."""
    async with Redis.from_url(url, socket_timeout=5) as client:
        yield client


async def answer_of(url: str, *command: str, deadline_seconds: float = 10.0) -> object:
    """Ask the store until it can be reached."""
    async with asyncio.timeout(deadline_seconds), client_of(url) as client:
        while True:
            with suppress(RedisError, OSError):
                return await client.execute_command(*command)  # type: ignore[no-untyped-call]
            await asyncio.sleep(0.02)


async def orphan_in(folder: Path) -> int:
    """Leave a store behind by killing its server; gives the store's process id."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_SERVER, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    pid = int(await server.stdout.readline())
    server.kill()
    await server.communicate()
    return pid


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def refusal_of(folder: Path) -> str:
    """Give the line with which a folder is refused."""
    with pytest.raises(StartRefused) as refused:
        async with EmbeddedStore(folder):
            pytest.fail("the store started")
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_who_hears_nothing_is_cut_however_large_the_messages_are(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path) as store, client_of(store.url) as client:
        await client.config_set("client-output-buffer-limit", "pubsub 1mb 0 0")
        path = str(tmp_path / "store.sock")
        _, deaf = await asyncio.open_unix_connection(path, limit=LITTLE_BYTES)
        deaf.write(b"SSUBSCRIBE channel\r\n")
        await until("it is heard", lambda: is_heard(client))
        for _ in range(64):
            await client.execute_command("SPUBLISH", "channel", "x" * LARGE_BYTES)  # type: ignore[no-untyped-call]
        assert not await is_heard(client), "16 MB wait for one who may be 1 MB behind"
        deaf.close()


async def test_the_store_is_private_and_syncs_every_write(tmp_path: Path) -> None:
    folder = tmp_path / "place"
    async with EmbeddedStore(folder) as store, client_of(store.url) as client:
        chosen = {}
        for name in ("port", "appendonly", "appendfsync", "save", "maxmemory-policy"):
            chosen.update(await client.config_get(name))
        assert chosen == {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "store.sock").stat().st_mode) == 0o700


async def test_the_store_ends_with_its_context_and_what_it_holds_stays(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path) as store:
        first = store.pid
        async with client_of(store.url) as client:
            await client.set("entry", "58")
    assert first is not None
    assert not is_alive(first)
    async with EmbeddedStore(tmp_path) as store:
        assert await answer_of(store.url, "GET", "entry") == b"58"


async def test_an_error_beside_the_store_comes_out_as_it_is_and_the_store_ends(tmp_path: Path) -> None:
    started: list[int] = []
    with pytest.raises(LookupError):
        async with EmbeddedStore(tmp_path) as store:
            assert store.pid is not None
            started.append(store.pid)
            raise LookupError
    assert not is_alive(started[0])


async def test_a_killed_store_is_started_again_with_everything_it_acknowledged(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path) as store:
        for count in range(1, 4):
            async with client_of(store.url) as client:
                await client.set("entry", count)
            killed = store.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            assert await answer_of(store.url, "GET", "entry") == b"%d" % count
            assert store.pid != killed


async def test_a_store_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = embedded._binary()
    answers = iter([tmp_path / "missing", tmp_path / "missing"])
    async with EmbeddedStore(tmp_path) as store:
        monkeypatch.setattr(embedded, "_binary", lambda: next(answers, binary))
        assert store.pid is not None
        os.kill(store.pid, signal.SIGKILL)
        assert await answer_of(store.url, "PING")
        assert next(answers, None) is None


async def test_an_interrupt_at_the_terminal_does_not_reach_the_store(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path) as store:
        assert store.pid is not None
        assert os.getpgid(store.pid) != os.getpgid(0)


async def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path) as store:
        assert f"pid {os.getpid()}" in await refusal_of(tmp_path)
        assert await answer_of(store.url, "PING")


async def test_an_orphaned_store_is_taken_over_with_its_entries(tmp_path: Path) -> None:
    orphan = await orphan_in(tmp_path)
    async with client_of(EmbeddedStore(tmp_path).url) as client:
        await client.set("entry", "59")
    async with EmbeddedStore(tmp_path) as store:
        assert not is_alive(orphan)
        assert store.pid != orphan
        assert await answer_of(store.url, "GET", "entry") == b"59"


async def test_an_orphaned_store_that_hangs_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = await orphan_in(tmp_path)
    os.kill(orphan, signal.SIGSTOP)
    monkeypatch.setattr(embedded, "STOP_SECONDS", 0.2)
    async with EmbeddedStore(tmp_path) as store:
        assert not is_alive(orphan)
        assert await answer_of(store.url, "PING")


async def test_an_orphaned_store_without_its_socket_never_gets_a_rival(tmp_path: Path) -> None:
    orphan = await orphan_in(tmp_path)
    try:
        (tmp_path / "store.sock").unlink()
        assert "cannot be ended" in await refusal_of(tmp_path)
        assert is_alive(orphan)
    finally:
        os.kill(orphan, signal.SIGKILL)


async def test_a_socket_that_nobody_listens_on_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "store.sock"))
    (tmp_path / "lock").touch()
    async with EmbeddedStore(tmp_path) as store:
        assert await answer_of(store.url, "PING")


async def test_a_log_that_was_cut_in_the_middle_of_a_write_is_loaded(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path) as store, client_of(store.url) as client:
        await client.set("entry", "58")
        await client.set("entry", "59")
    (increment,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    with increment.open("r+b") as file:
        file.truncate(increment.stat().st_size - 3)
    async with EmbeddedStore(tmp_path) as store:
        assert await answer_of(store.url, "GET", "entry") == b"58"


async def test_a_log_that_cannot_be_read_is_refused_in_the_words_of_the_store(tmp_path: Path) -> None:
    async with EmbeddedStore(tmp_path):
        pass
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    line = await refusal_of(tmp_path)
    assert "AOF" in line or "manifest" in line


async def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    assert "too long for a socket" in await refusal_of(tmp_path / ("x" * 108))


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    assert f"The folder {file} cannot be used" in await refusal_of(file)
    assert f"The folder {file}/below cannot be used" in await refusal_of(file / "below")


async def test_a_folder_of_other_things_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear Amina")
    tmp_path.chmod(0o755)
    assert "holds other things" in await refusal_of(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert os.listdir(tmp_path) == ["letter"]


async def test_an_empty_folder_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    async with EmbeddedStore(tmp_path):
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


async def test_a_store_that_does_not_run_on_this_machine_is_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "valkey-server"
    monkeypatch.setattr(embedded, "_binary", lambda: program)
    assert "No such file" in await refusal_of(tmp_path / "a")
    program.write_text("#!/bin/sh\necho wrong machine\nexit 1\n")
    assert "Permission denied" in await refusal_of(tmp_path / "b")
    program.chmod(0o700)
    assert "wrong machine. Or give the address" in await refusal_of(tmp_path / "c")
