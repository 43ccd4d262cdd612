"""For tests of bots: a hub without sockets, and a real server on a free port.

Knows what a test needs of both. Refuses to be used by anything else of the package. `run_server` needs
`hubbub[demo]`.
"""

from typing import TYPE_CHECKING, Any

from hubbub.testing.fake import FakeHub, NotSettled

if TYPE_CHECKING:
    from hubbub.testing.server import Server, run_server

__all__ = ["FakeHub", "NotSettled", "Server", "run_server"]


def __getattr__(name: str) -> Any:
    """The real server, whose libraries a test with a fake one need not have."""
    if name not in ("Server", "run_server"):
        raise AttributeError(name)
    from hubbub.testing import server

    return getattr(server, name)
