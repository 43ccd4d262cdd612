"""Documents that are the same for everybody, each under its path.

Knows when one is put together. Refuses to know what is in it, and who made it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.web.kept import Kept

Documents = Mapping[str, Callable[[], bytes]]
"""JSON by path, each made when it is first asked for, and the same bytes every time."""
NO_DOCUMENTS: Final[Documents] = MappingProxyType({})


def document_routes(documents: Documents) -> list[Route]:
    """A route for each document; whoever has it already is told so."""
    return [Route(path, _sender(made)) for path, made in documents.items()]


def _sender(made: Callable[[], bytes]) -> Callable[[Request], Response]:
    kept = cache(lambda: Kept.of(made(), "application/json"))

    def send(request: Request) -> Response:
        return kept().reply(request.headers)

    return send
