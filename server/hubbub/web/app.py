"""The ASGI application: what is served where, and what every refusal looks like.

Knows paths. Refuses to know what the calls do, and the socket, which the gateway serves.
"""

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ExceptionHandler, Lifespan

from hubbub.domain import limits
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks.incoming import HookBook
from hubbub.hosts import Sites
from hubbub.settings import Settings
from hubbub.tokens import TokenRefused, Tokens
from hubbub.web.api import Api, Callers
from hubbub.web.documents import NO_DOCUMENTS, Documents, document_routes
from hubbub.web.guards import SECRET_PATH, FaultsHidden, OwnSitesOnly, SecurityHeaders, is_api
from hubbub.web.hooks import HookCalls
from hubbub.web.metrics import metrics_route
from hubbub.web.pages import Pages, pages_folder
from hubbub.web.ports import Node
from hubbub.web.replies import refusal_reply, reply


def create_app(
    node: Node,
    tokens: Tokens,
    settings: Settings,
    book: HookBook,
    lifespan: Lifespan[Starlette] | None = None,
    documents: Documents = NO_DOCUMENTS,
) -> Starlette:
    """The application over one node; `settings.port` is the port really listened on.

    `documents` are served to everybody. What `lifespan` yields is the state that uvicorn gives to the
    protocols of connections.
    """
    sites = Sites(settings.host, settings.port, settings.allowed_origins)
    hooks = HookCalls(node, Callers(tokens), book)
    calls = [*Api(node, tokens, settings).routes(), *hooks.routes()]
    app = Starlette(
        routes=[
            Mount("/api", Router(calls, redirect_slashes=False)),
            hooks.way_in(),
            Route("/api", _no_such_path),
            Route("/ws", upgrade_required),
            *_probes(node),
            metrics_route(node, settings.metrics_from),
            *document_routes(documents),
            *_pages(),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(FaultsHidden),
            Middleware(OwnSitesOnly, sites=sites),
        ],
        exception_handlers=_HANDLERS,
        lifespan=lifespan,
    )
    app.state.node = node
    app.router.redirect_slashes = False  # a redirect would quote a Host that nobody has checked
    return app


async def upgrade_required(request: Request) -> Response:
    """`/ws` without an upgrade; with one, the gateway has it."""
    return PlainTextResponse("This path speaks WebSocket.\n", 426, {"Upgrade": "websocket"})


async def _no_such_path(request: Request) -> Response:
    raise HTTPException(404)


def _pages() -> list[BaseRoute]:
    folder = pages_folder()
    return [] if folder is None else [Mount("/", Pages(folder))]


def _probes(node: Node) -> list[BaseRoute]:
    async def livez(request: Request) -> Response:
        return reply({"alive": True}, headers={"Cache-Control": "no-store"})

    async def readyz(request: Request) -> Response:
        is_ready = node.is_ready and await _answers_in_time(node)
        return reply({"ready": is_ready}, 200 if is_ready else 503, {"Cache-Control": "no-store"})

    return [Route("/livez", livez), Route("/readyz", readyz)]


async def _answers_in_time(node: Node) -> bool:
    try:
        async with asyncio.timeout(limits.STORE_SECONDS):
            return await node.store_answers()
    except TimeoutError:
        return False


async def _on_refused(request: Request, fault: Refused) -> Response:
    request.app.state.node.refused(fault.refusal.code)
    return refusal_reply(fault.refusal, fault.id)


async def _on_token_refused(request: Request, fault: TokenRefused) -> Response:
    return refusal_reply(Refusal(Code.UNAUTHORIZED, fault.reason))


async def _on_http_exception(request: Request, fault: HTTPException) -> Response:
    headers = dict(fault.headers or {})
    if not (is_api(request.scope) or request.scope["path"].startswith(SECRET_PATH)):
        return PlainTextResponse(f"{fault.detail}\n", fault.status_code, headers)
    reason = "There is no such path." if fault.status_code == 404 else "This path has no such method."
    return refusal_reply(Refusal(Code.UNKNOWN_COMMAND, reason), status=fault.status_code, headers=headers)


async def _on_disconnect(request: Request, fault: ClientDisconnect) -> Response:
    return Response(status_code=400)  # read by nobody


_HANDLERS: dict[Any, ExceptionHandler] = {
    Refused: _on_refused,  # type: ignore[dict-item]
    TokenRefused: _on_token_refused,  # type: ignore[dict-item]
    HTTPException: _on_http_exception,  # type: ignore[dict-item]
    ClientDisconnect: _on_disconnect,  # type: ignore[dict-item]
}
