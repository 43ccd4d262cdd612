"""A server of one's own to lay a load on: its store in a temporary folder, no limits on rates.

Knows how to start it in a process of its own, on a free port, and how to end it; and what it costs the
machine, where that can be told. It ends with whoever started it, also if that one is killed.
"""

import asyncio
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from pydantic import SecretStr

from hubbub.bench.site import Impossible, Site, site_at
from hubbub.demo import HUB
from hubbub.embedded import OPTIONS, EmbeddedStore
from hubbub.folder import StartRefused
from hubbub.roomlog.client import OutcomeUnknown, Store, StoreFault, StoreUnavailable
from hubbub.settings import read_settings

START_SECONDS: Final = 40.0
"""From start to its address: imports, and a store that makes its files."""
STOP_SECONDS: Final = 30.0
"""To close connections and to end its store; then it is killed."""
LOOK_AGAIN_SECONDS: Final = 0.1
WORDS_BYTES: Final = 65_536
"""Of what it wrote to its log, where the last line says why it does not start."""

ANNOUNCED: Final = "Hubbub is at "
FSYNC: Final = OPTIONS["appendfsync"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has taken so far."""

    rss_bytes: int
    cpu_seconds: float


class PrivateServer:
    """A server that runs for the length of the context; raises Impossible if it does not start."""

    hub = HUB

    def __init__(self, check: Callable[[], None]) -> None:
        """`check` is called while it starts; what it raises ends that."""
        self._check = check
        self.secret = secrets.token_urlsafe(48).encode()
        self.site = Site("http", "127.0.0.1", 0, "")
        self.store_name: str | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        settings = read_settings().model_copy(
            update={
                "host": "127.0.0.1",
                "port": 0,
                "redis_url": None,
                "store_lossless": None,
                "secret": SecretStr(self.secret.decode()),
                "jwks_url": None,
                "rate_limits": False,
                "workers": 1,
                "log_format": "json",
                "demo": True,
                "drain_seconds": 0.0,
            }
        )
        self._running = subprocess.Popen(
            [sys.executable, "-c", "from hubbub.bench.private_server import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,  # a line is read byte by byte, so that none waits in a buffer unseen
            env={**os.environ, **settings.as_environment()},
            start_new_session=True,
        )
        try:
            folder = Path(self._line().rstrip())
            while not (line := self._line()).startswith(ANNOUNCED):
                pass
            self.site = site_at(line.removeprefix(ANNOUNCED).strip())
            self.store_name = asyncio.run(_name_of_store(folder))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def usage(self) -> Usage | None:
        """What the gateway process has taken so far; None where the system does not tell."""
        assert self._running is not None
        try:
            folder = Path(f"/proc/{self._running.pid}")
            ticks = (folder / "stat").read_text().rpartition(")")[2].split()
            pages = int((folder / "statm").read_text().split()[1])
        except OSError:
            return None
        cpu_seconds = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
        return Usage(pages * os.sysconf("SC_PAGE_SIZE"), cpu_seconds)

    def _line(self) -> str:
        """The next line that it prints; raises Impossible if it ends, or is silent for too long."""
        running = self._running
        assert running is not None and running.stdout is not None
        ends_at = time.monotonic() + START_SECONDS
        while time.monotonic() < ends_at:
            self._check()
            if select.select([running.stdout], [], [], LOOK_AGAIN_SECONDS)[0]:
                line = running.stdout.readline().decode()
                if not line:
                    raise Impossible(f"The private server does not start: {self._last_words()}")
                return line
        raise Impossible(f"The private server did not start within {START_SECONDS:.0f} s.")

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read(WORDS_BYTES).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it says nothing."

    def _end(self) -> None:
        running = self._running
        if running is None:
            return
        assert running.stdin is not None and running.stdout is not None
        with suppress(OSError):
            running.stdin.close()
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in (*_children(running.pid), running.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            running.wait()
        running.stdout.close()
        self._log.close()


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


async def _name_of_store(folder: Path) -> str | None:
    """Name and version of the store in a folder."""
    store = Store(EmbeddedStore(folder).url)
    try:
        told: bytes = await store.command("INFO", "server")
    except (StoreUnavailable, OutcomeUnknown, StoreFault):
        return None
    finally:
        await store.aclose()
    fields: Any = dict(line.partition(":")[::2] for line in told.decode().splitlines())
    return f"Valkey {fields['valkey_version']}" if "valkey_version" in fields else None


# -- In the server's own process -------------------------------------------------------------------


def main() -> None:
    """Serves until standard input ends, by the settings in the environment."""
    from hubbub import serving  # slow, and only this process needs it

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the server has a handler of its own
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with tempfile.TemporaryDirectory(prefix="hubbub-bench-") as folder:
            print(folder, flush=True)
            serving.serve(read_settings(data_dir=folder))
    except StartRefused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
