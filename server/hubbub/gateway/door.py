"""Who may upgrade to a WebSocket, judged by the request alone (protocol, section 2).

Knows paths, hosts, origins and subprotocols. Refuses to know who somebody is: that is for `hello`.
"""

from collections.abc import Sequence
from http import HTTPStatus

from hubbub.gateway.upgrade import Request
from hubbub.hosts import Network, Sites, client_address
from hubbub.protocol.codecs import CODECS, negotiate

PATH = "/ws"


class Door:
    """The rules for upgrade requests of one node."""

    def __init__(self, sites: Sites, trusted_proxies: Sequence[Network]) -> None:
        self._sites = sites
        self._trusted_proxies = trusted_proxies
        self.is_open = True

    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        """The status and text that answer a request which may not upgrade."""
        if request.path.partition("?")[0] != PATH:
            return HTTPStatus.NOT_FOUND, f"WebSockets are at {PATH}.\n"
        foreign = self._sites.why_refused(request.values("host"), request.values("origin"))
        if foreign is not None:
            return HTTPStatus.FORBIDDEN, foreign + "\n"
        if not self.is_open:
            return HTTPStatus.SERVICE_UNAVAILABLE, "The server is going away; try again in a moment.\n"
        if negotiate(request.words("sec-websocket-protocol")) is None:
            known = ", ".join(codec.subprotocol for codec in CODECS)
            return HTTPStatus.BAD_REQUEST, f"No known subprotocol is offered. Known: {known}.\n"
        return None

    def address(self, request: Request, peer: str | None) -> str:
        """Where the client is, behind proxies that are trusted."""
        return client_address(peer, request.values("x-forwarded-for"), self._trusted_proxies)
