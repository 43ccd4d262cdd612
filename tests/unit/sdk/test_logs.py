"""What a program writes about itself: nothing of its own accord, and lines of the kind that was asked for."""

from __future__ import annotations

import logging
import subprocess
import sys

import msgspec
import pytest

SCENE = "import logging; from hubbub.sdk.logs import set_up; {}; logging.getLogger('hubbub.bot').{}"


def said(setting_up: str, logging_call: str) -> str:
    """What a new Python writes to its standard error."""
    scene = SCENE.format(setting_up, logging_call)
    run = subprocess.run([sys.executable, "-c", scene], capture_output=True, text=True, check=True)
    return run.stderr


def test_the_library_is_silent_where_nobody_has_set_up_logging() -> None:
    import hubbub.sdk  # noqa: F401

    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("hubbub").handlers)


def test_lines_for_people_begin_with_the_time() -> None:
    line = said("set_up('INFO', 'text')", "info('connected as %s', 'Echo')")
    assert line[:2] == "20" and line.endswith("INFO    hubbub.bot: connected as Echo\n")


def test_lines_for_machines_are_json_and_one_each() -> None:
    line = said("set_up('DEBUG', 'json')", "debug('two\\nlines')")
    found = msgspec.json.decode(line)
    assert found["level"] == "debug" and found["logger"] == "hubbub.bot" and found["message"] == "two\nlines"


@pytest.mark.parametrize("level", ["'WARNING'", "30"])
def test_what_is_below_the_level_is_not_written(level: str) -> None:
    assert said(f"set_up({level}, 'text')", "info('hush')") == ""


def test_logging_that_was_set_up_before_stays_as_it_is() -> None:
    line = said("logging.basicConfig(format='mine %(message)s'); set_up('INFO', 'json')", "error('x')")
    assert line == "mine x\n"
