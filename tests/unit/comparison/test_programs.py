"""Whatever the comparison starts, it ends; and where it runs, it comes back to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench import programs
from bench.programs import Failed, build, last_words, pinned, running, wait_for_port

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); "
    "time.sleep(60)",
]


def test_a_program_ends_with_its_block(tmp_path: Path) -> None:
    with running(SLEEPS, None, tmp_path / "log") as program:
        assert program.poll() is None
    assert program.returncode == -signal.SIGTERM


def test_a_program_ends_when_its_block_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), running(SLEEPS, None, tmp_path / "log") as program:
        raise KeyboardInterrupt
    assert program.returncode == -signal.SIGTERM


def test_a_program_that_ignores_the_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "STOP_SECONDS", 0.05)
    with running(STUBBORN, None, tmp_path / "log", is_piped=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"up\n"
    assert program.returncode == -signal.SIGKILL


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('no port for me')"]
    with running(command, None, log) as program:
        program.wait(30)
        with pytest.raises(Failed, match="no port for me"):
            wait_for_port(program, 1, log)


def test_who_said_nothing_has_no_last_words(tmp_path: Path) -> None:
    assert last_words(tmp_path / "log") == "(it said nothing)"


def test_what_is_started_on_a_core_stays_there_and_we_go_back() -> None:
    before = os.sched_getaffinity(0)
    core = max(before)
    with pinned(core):
        told = subprocess.check_output([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"])
    assert told.decode().strip() == str({core})
    assert os.sched_getaffinity(0) == before


def test_a_missing_compiler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failed, match="no C compiler"):
        build(tmp_path / "fan.c", tmp_path)
