"""For tests of bots: a hub without sockets, and a real server on a free port.

Knows what a test needs of both. Refuses to be used by anything else of the package.
"""

from hubbub.testing.fake import FakeHub, NotSettled

__all__ = ["FakeHub", "NotSettled"]
