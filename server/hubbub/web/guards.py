"""What stands before every route: security headers, faults that must not show, foreign pages.

Knows ASGI messages. Refuses to know routes and bodies.
"""

import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.domain.refusals import Code, Refusal
from hubbub.hosts import Sites
from hubbub.web.replies import refusal_reply

log = structlog.get_logger(__name__)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self' ws: wss:",
        "style-src 'self'",
        "img-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff"}
DOCUMENT_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# What is never a document of its own, opened by whomever: it obeys the headers of the page that asks for it.
PARTS_OF_DOCUMENTS = ("text/javascript", "text/css")

SECRET_PATH = "/hooks/"
"""What follows is a token."""


def is_api(scope: Scope) -> bool:
    """Whether a request is one for `/api`."""
    path: str = scope["path"]
    return path == "/api" or path.startswith("/api/")


class SecurityHeaders:
    """Puts the security headers on every response, and says what may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_part = headers.get("Content-Type", "").startswith(PARTS_OF_DOCUMENTS)
                headers.update(SECURITY_HEADERS if is_part else SECURITY_HEADERS | DOCUMENT_HEADERS)
                headers.setdefault("Cache-Control", "no-store" if is_api(scope) else "no-cache")
            await send(message)

        await self._app(scope, receive, send_guarded)


class FaultsHidden:
    """Our own faults as `internal` with a number; what happened stands in the log under it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        has_started = False

        async def send_noted(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception:
            if scope["type"] != "http":
                raise
            number = secrets.randbelow(10**9)
            path = _loggable(scope["path"])
            log.exception("request_failed", fault=number, method=scope["method"], path=path)
            if has_started:
                raise  # the server cuts the connection, so that nobody takes half an answer for a whole
            reason = f"Something went wrong on the server; it is logged as number {number}."
            await refusal_reply(Refusal(Code.INTERNAL, reason))(scope, receive, send)


def _loggable(path: str) -> str:
    """A path without the token that the path of a hook is."""
    return f"{SECRET_PATH}…" if path.startswith(SECRET_PATH) else path


class OwnSitesOnly:
    """Refuses what asks `/api` for a foreign host, or comes from a foreign page."""

    def __init__(self, app: ASGIApp, sites: Sites) -> None:
        self._app = app
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and is_api(scope):
            headers = Headers(scope=scope)
            reason = self._sites.why_refused(headers.getlist("host"), headers.getlist("origin"))
            if reason is not None:
                await refusal_reply(Refusal(Code.FORBIDDEN, reason))(scope, receive, send)
                return
        await self._app(scope, receive, send)
