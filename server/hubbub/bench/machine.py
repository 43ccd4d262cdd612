"""The machine that a load runs on: what it is, which versions are on it, how many files may be open.

Knows the operating system. Refuses to know the load.
"""

import os
import platform
import resource
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from msgspec import Struct

from hubbub import __version__
from hubbub.bench.site import Impossible

OTHER_FILES: Final = 200
"""Open files of a load process or a server besides one for each person."""

LIBRARIES: Final = ("uvloop", "uvicorn", "websockets", "msgspec", "msgpack", "redis")


class Machine(Struct, frozen=True):
    """What a figure holds for; `memory_bytes` is None where the system does not tell."""

    cpu: str
    cores: int
    memory_bytes: int | None
    system: str


def this_machine() -> Machine:
    """The machine this runs on; `cores` are those that this process may use."""
    return Machine(_cpu(), cores(), _memory_bytes(), f"{platform.system()} {platform.release()}")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions() -> Mapping[str, str]:
    """Versions by name of what a figure depends on."""
    found = {"hubbub": __version__, "python": platform.python_version()}
    for library in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def allow_files(people: int) -> None:
    """Lets each process of this run have so many connections; raises Impossible where the system does not.

    The soft limit is raised for this process and those that it starts, as far as it must be.
    """
    needed = people + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Impossible(
            f"{people:,} people need {needed:,} open files and a process may have {hard:,} here: "
            "take fewer --people, or raise the hard limit (ulimit -Hn, as root)."
        )
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (OSError, ValueError):
        raise Impossible(
            f"{people:,} people need {needed:,} open files, and the system grants {soft:,}: "
            "take fewer --people, or raise the limit first (ulimit -n)."
        ) from None


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
