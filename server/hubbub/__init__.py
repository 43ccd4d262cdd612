"""Hubbub: a discussion server in which every room is one ordered log, and the library for its bots.

Knows its version, and re-exports what programs need of `hubbub.sdk`: `from hubbub import Bot, Message`. The
library is loaded when it is asked for, so that a server does not load it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hubbub.sdk import *  # noqa: F403
else:  # hidden from checkers of types, which would take any name for one of the library

    def __getattr__(name: str) -> Any:
        """A name of the library."""
        if name.startswith("_") or name not in (sdk := import_module("hubbub.sdk")).__all__:
            raise AttributeError(f"module 'hubbub' has no attribute {name!r}")
        return getattr(sdk, name)
