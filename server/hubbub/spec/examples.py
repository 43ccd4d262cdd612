"""One real example of every frame, in a file beside this one.

Knows which of them is of which type. Refuses to know where they come from: they are the frames that every
implementation is tested by, copied.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from hubbub.protocol.outbound import Outbound
from hubbub.spec.schemas import title_of


def of_frame(kind: type[msgspec.Struct]) -> list[tuple[str, dict[str, Any]]]:
    """The examples of a frame, by name."""
    side = "server" if issubclass(kind, Outbound) else "client"
    return [(name, frame) for name, frame in _examples()[side].items() if frame["t"] == title_of(kind)]


@cache
def _examples() -> dict[str, dict[str, dict[str, Any]]]:
    read: dict[str, dict[str, dict[str, Any]]] = json.loads(
        files("hubbub.spec").joinpath("examples.json").read_text("utf-8")
    )
    return read
