"""How the server writes its log: lines of JSON, or for people at a terminal.

Knows formats. What a client sent is data in a line, never the line itself: control characters are
escaped in both formats. Tokens and texts of messages are never logged by anybody, so a traceback shows
no values of variables.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog

LogFormat = Literal["auto", "console", "json"]

QUIET = ("uvicorn.error", "uvicorn.access", "websockets")
"""Loggers of libraries that tell of every connection, or of what strangers send; faults still show."""


def configure(log_format: LogFormat) -> None:
    """Sends the log of the server and of its libraries to standard error."""
    is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if is_console else structlog.processors.JSONRenderer(sort_keys=True)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Before the renderer, whose own tracebacks would show local variables, and their tokens.
                structlog.processors.format_exc_info,
                _escape_controls,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in QUIET:
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _escape_controls(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {name: _escaped(name, value) for name, value in event.items()}


def _escaped(name: str, value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    if name == "exception":  # its lines stay lines, indented so that none looks like the log's own
        return "\n".join(f"  {_escaped('', line)}" for line in value.split("\n"))
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)
