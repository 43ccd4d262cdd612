"""`GET /metrics`: a node's numbers, for who may read them.

Knows addresses. Refuses to know what is counted. A request that a proxy passed on is not one of this
machine, though its connection is: behind a proxy on loopback everybody would read the numbers.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hubbub.settings import Network
from hubbub.web.ports import Node

TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def metrics_route(node: Node, networks: Sequence[Network]) -> Route:
    """The route; it answers loopback and these networks, and nobody else."""

    async def metrics(request: Request) -> Response:
        if not _may_read(request, networks):
            return PlainTextResponse("The numbers are not for this address.\n", 403)
        return Response(node.metrics(), headers={"Cache-Control": "no-store"}, media_type=TYPE)

    return Route("/metrics", metrics)


def _may_read(request: Request, networks: Sequence[Network]) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return address.is_loopback or any(
        address in network for network in networks if network.version == address.version
    )
