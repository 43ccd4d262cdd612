"""For tests of bots: a hub without sockets, and a real server on a free port.

Knows what a test needs of both. Refuses to be used by anything else of the package, and to load what is not
asked for: a test with a fake hub needs nothing of the server, `run_server` needs `hubbub[demo]`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubbub.testing.fake import FakeHub, NotSettled
    from hubbub.testing.server import Server, run_server
else:
    _MODULE_BY_NAME = {"FakeHub": "fake", "NotSettled": "fake", "Server": "server", "run_server": "server"}

    def __getattr__(name: str) -> Any:
        """One of the names below."""
        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module 'hubbub.testing' has no attribute {name!r}")
        return getattr(import_module(f"hubbub.testing.{_MODULE_BY_NAME[name]}"), name)


__all__ = ["FakeHub", "NotSettled", "Server", "run_server"]
