"""The stage of a measurement: two cores, a folder, the load generator, how much of everything.

Knows how one run is made and when a server is at rest again. Refuses to know which figure is sought.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import servers
from bench.fan import Fan, Found, started
from bench.machine import Cores, cpu_seconds
from bench.programs import wait_until
from bench.servers import Hubbub, Server

REST_SECONDS: Final = 0.3
"""A server rests when it used little CPU for this long."""
REST_SHARE: Final = 0.1
"""Of a core, at most, while it rests: beats and pings go on."""
REST_DEADLINE_SECONDS: Final = 30.0
"""For thousands of connections to be closed."""


@dataclass(frozen=True)
class Scale:
    """How much of everything; the numbers of the table, or small ones to try things out."""

    readers: int = 2_000
    crowd: int = 18_000
    returning: int = 10_000
    slow_crowd: int = 10_000
    deaf: int = 100
    idle: int = 18_000
    peer_connections: int = 3_000
    messages_flying: int = 1_600
    messages_single: int = 300
    messages_crowd: int = 30
    messages_slow: int = 100
    publishes: int = 60_000
    publishes_alone: int = 2_000
    pause_seconds: float = 10.0
    silence_seconds: float = 25.0


SMALL: Final = Scale(200, 500, 500, 500, 10, 500, 500, 320, 100, 60, 60, 6_000, 300, 1.0, 3.0)


@dataclass(frozen=True)
class Stage:
    """What every measurement is given; `say` shows one line of progress."""

    folder: Path
    cores: Cores
    fan: Path
    limit_program: Path
    runs: int
    scale: Scale
    say: Callable[[str], None]

    def hubbub(self, fsync: str = "always") -> AbstractContextManager[Hubbub]:
        """Run Hubbub and its store for the length of a block."""
        return servers.hubbub(self.folder, self.cores, fsync)

    def limit(self) -> AbstractContextManager[Server]:
        """Run what the kernel allows for the length of a block."""
        return servers.serving("limit", [str(self.limit_program)], self.folder, self.cores.server)

    @contextmanager
    def load(self, server: Server, *options: object, is_urgent: bool = False) -> Iterator[Fan]:
        """Run a load generator against a server for the length of a block."""
        words = ("-p", str(server.port), "-y", str(server.pid), *server.options, *map(str, options))
        with started(self.fan, words, self.cores.load, self.folder, is_urgent) as load:
            yield load

    def measure(self, server: Server, *options: object) -> Found:
        """One whole run against a server that rests."""
        self.rest(server)
        with self.load(server, *options) as load:
            return load.run()

    def rest(self, server: Server) -> None:
        """Wait until a server has nothing to do any more."""

        def rests() -> bool:
            began = cpu_seconds(server.pid)
            time.sleep(REST_SECONDS)
            return cpu_seconds(server.pid) - began <= REST_SHARE * REST_SECONDS

        wait_until(f"{server.name} comes to rest", rests, REST_DEADLINE_SECONDS)
