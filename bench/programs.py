"""Starting programs on a core and ending them, whatever happens.

Knows processes, ports and the C compiler. Refuses to know what the programs do. Each program is a
session of its own, so that Ctrl-C reaches only us, and is ended by its id when its block is left.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

START_SECONDS: Final = 30.0
"""From start to the first answer, on a machine that does other things too."""
STOP_SECONDS: Final = 5.0
"""For a program that was asked to end; then it is killed."""
POLL_SECONDS: Final = 0.02
"""Between two looks at what has no way to tell us."""
BUILD_SECONDS: Final = 120.0
"""For the compiler, and for npm."""


class Failed(Exception):
    """Something could not be measured; the text says what, for the table."""


@contextmanager
def running(
    command: Sequence[str | bytes],
    core: int | None,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    is_piped: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program on a core for the length of the block; what it says goes to `log`.

    With `is_piped` its stdin and stdout are pipes.
    """
    pipe = subprocess.PIPE if is_piped else None
    with log.open("ab") as output, pinned(core):
        program = subprocess.Popen(
            command,
            stdin=pipe or subprocess.DEVNULL,
            stdout=pipe or output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield program
    finally:
        end(program)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """What is started in the block stays on a core, with every thread of it; we go back to ours."""
    if core is None:
        yield
        return
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def end(program: subprocess.Popen[bytes]) -> None:
    """End a program, kindly at first; returns when it is gone."""
    streams: tuple[IO[bytes] | None, ...] = (program.stdin, program.stdout)
    for stream in streams:
        if stream is not None:
            with suppress(OSError):
                stream.close()
    try:
        program.terminate()
        program.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()


def wait_until(what: str, is_so: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Wait for a condition; raises Failed, naming `what`, after so many seconds."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up_at:
            raise Failed(f"{what}: not within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def wait_for_port(program: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a program listens; raises Failed with its last words if it ends or stays silent."""

    def listens() -> bool:
        if program.poll() is not None:
            raise Failed(f"the server ended at once: {last_words(log)}")
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until("the server listens", listens)


def last_words(log: Path) -> str:
    """The last line that is not empty."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "(it said nothing)")


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def build(source: Path, folder: Path) -> Path:
    """Compile one C file into a folder; gives the program."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Failed("there is no C compiler (on Debian: apt install gcc)")
    program = folder / source.stem
    built = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(source)],
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if built.returncode:
        raise Failed(f"{source.name} does not compile: {built.stderr.strip().splitlines()[0]}")
    return program
