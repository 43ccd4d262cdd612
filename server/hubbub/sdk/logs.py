"""The log of a program that nobody has set up otherwise: lines for people, or JSON for machines.

Knows formats. Refuses to touch what somebody has configured already: a handler of the root stays alone.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Literal

import msgspec

LogFormat = Literal["text", "json"]


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def set_up(level: str | int, log_format: LogFormat) -> None:
    """Writes to standard error, from `level` on, unless the root logger has handlers."""
    line = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    formatter = _JsonFormatter() if log_format == "json" else logging.Formatter(line)
    stderr = logging.StreamHandler()
    stderr.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[stderr])
