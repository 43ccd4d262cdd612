"""Log lines: one event a line, whatever others put into it, and no values of variables."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from hubbub import logs
from hubbub.logs import LogFormat

HOSTILE = "a\r\n\x1b[31m\x00\u2028\x9bb"


@contextmanager
def written(log_format: LogFormat) -> Iterator[io.StringIO]:
    """What is logged meanwhile, in that format; the logging of this process is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    output = io.StringIO()
    try:
        logs.configure(log_format)
        root.handlers[0].stream = output  # type: ignore[attr-defined]
        yield output
    finally:
        root.handlers = handlers
        root.setLevel(level)
        for name, known in levels.items():
            logging.getLogger(name).setLevel(known)
        structlog.reset_defaults()


def fail(secret: str) -> None:
    """Raises something hostile while a secret is in a variable."""
    raise ValueError(HOSTILE * bool(secret))


def test_hostile_values_stay_within_their_line_of_json() -> None:
    with written("json") as output:
        structlog.get_logger("test").warning("event", field=HOSTILE, nested={"deep": [HOSTILE]})
        logging.getLogger("library").warning("told %s", HOSTILE)
    lines = output.getvalue().splitlines()
    assert [json.loads(line)["level"] for line in lines] == ["warning", "warning"]
    assert output.getvalue().replace("\n", "").isprintable()


def test_hostile_values_stay_within_their_line_for_people() -> None:
    with written("console") as output:
        structlog.get_logger("test").warning("event", field=HOSTILE, nested={"deep": [HOSTILE]})
        logging.getLogger("library").warning("told %s", HOSTILE)
    assert output.getvalue().count("\n") == 2
    assert not set("\r\0\u2028\x9b") & set(output.getvalue())
    assert "\x1b[31m\x00" not in output.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_values_and_no_controls(log_format: LogFormat) -> None:
    with written(log_format) as output:
        try:
            fail("-".join(["in", "no", "line"]))
        except ValueError as fault:
            structlog.get_logger("test").error("fault", exc_info=fault)
    assert "ValueError" in output.getvalue()
    assert "in-no-line" not in output.getvalue()
    assert not set("\r\0\u2028\x9b") & set(output.getvalue())
