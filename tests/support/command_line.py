"""Knows how to run the command `hubbub` as a person would; refuses to know what its subcommands do."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from hubbub.cli import app

# A Python process with all imports and perhaps a store of its own, beside others on two cores.
COMMAND_SECONDS: Final = 40.0

HUBBUB: Final = str(Path(sysconfig.get_path("scripts"), "hubbub"))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that it wrote to standard error, and nothing else besides."""
        assert self.out == "", self.out
        assert self.err.endswith("\n") and self.err.count("\n") == 1, self.err
        return self.err[:-1]


def own_environment(**variables: str) -> dict[str, str]:
    """The environment of this process without what would set a server, and with these variables."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    return {**plain, "COLUMNS": "120", "HUBBUB_BOTS": "false", **variables}


def hubbub(*words: str, **variables: str) -> Ended:
    """Run `hubbub` to its end: in this process where it can, which is quicker."""
    in_main_thread = words[0] in ("bench", "serve", "tail")  # they take signals
    return _as_process(words, variables) if in_main_thread else _in_thread(words, variables)


def _as_process(words: tuple[str, ...], variables: dict[str, str]) -> Ended:
    done = subprocess.run(
        [HUBBUB, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
        env=own_environment(**variables),
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _in_thread(words: tuple[str, ...], variables: dict[str, str]) -> Ended:
    """In a thread of its own, because the command runs an event loop and the test may be in one."""
    absent: dict[str, str | None] = {name: None for name in os.environ if name.startswith("HUBBUB_")}
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(
            CliRunner().invoke, app, list(words), env={**absent, "COLUMNS": "120", **variables}
        ).result(COMMAND_SECONDS)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def printed(*words: str, **variables: str) -> str:
    """What a command prints that does what it was asked."""
    ended = hubbub(*words, **variables)
    assert ended.code == 0, ended
    return ended.out
