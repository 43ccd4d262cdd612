"""Documents that are the same for everybody: put together once, sent again only if they changed.

Knows entity tags. Refuses to know what is in a document, and who made it.
"""

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Documents = Mapping[str, Callable[[], bytes]]
"""JSON by path, each made when it is first asked for, and the same bytes every time."""
LEAST_COMPRESSED_BYTES = 1_000  # what is shorter fits one packet anyway
NO_DOCUMENTS: Final[Documents] = MappingProxyType({})


def document_routes(documents: Documents) -> list[Route]:
    """A route for each document; whoever has it already is told so."""
    packed = Middleware(GZipMiddleware, minimum_size=LEAST_COMPRESSED_BYTES)
    return [Route(path, _sender(made), middleware=[packed]) for path, made in documents.items()]


def _sender(made: Callable[[], bytes]) -> Callable[[Request], Response]:
    def send(request: Request) -> Response:
        body = made()
        # Weak: the same document, compressed or not.
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        known = request.headers.get("if-none-match", "")
        if known == "*" or tag in (one.strip() for one in known.split(",")):
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, headers={"ETag": tag}, media_type="application/json")

    return send
