"""One POST to a stranger's server: within 10 s, to an address that was looked at, and nowhere else.

Knows the HTTP client. A name is resolved once for a connection, every address of it is looked at, and the
connection goes to one of those, with the name for TLS and `Host`: no second answer of a name server can
lead elsewhere. Redirects are not followed, proxies of the environment not used. Refuses to know webhooks.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import ip_address
from types import TracebackType
from typing import Any

import httpcore2

from hubbub.hooks.addresses import Address

REQUEST_SECONDS = 10.0
"""From the resolving of the name to the status."""

CONNECT_SECONDS = 3.0
"""For one address of a name, so that another one has its turn in time."""

REPLY_BYTES = 4_096
"""Read of a reply, so that its connection can be used again; a longer one is cut off."""

CONNECTIONS = 32
"""At once, of one node."""

IDLE_SECONDS = 30.0
"""A connection is kept for the next entry; its name is resolved anew for another one."""


class Undelivered(Exception):
    """Nobody took it; the text says why, for people."""


class Outdated(Exception):
    """What was to be sent has changed before it left."""


class Poster:
    """Sends bodies to URLs; `may_reach` decides on every address that is connected to."""

    def __init__(self, may_reach: Callable[[Address], bool]) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_LookedAt(may_reach),
        )

    async def __aenter__(self) -> "Poster":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        is_current: Callable[[], Awaitable[bool]],
    ) -> int:
        """The status of the reply; raises Undelivered, or Outdated where `is_current` says no.

        It is asked when a connection had to be made, which may take long, right before anything is sent.
        """
        is_new = False

        async def look(event: str, _: object) -> None:
            nonlocal is_new
            is_new = is_new or event == "connection.connect_tcp.started"
            if is_new and event == "http11.send_request_headers.started" and not await is_current():
                raise Outdated

        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._status(url, body, headers, {"trace": look})
        except TimeoutError:
            raise Undelivered(f"no answer within {REQUEST_SECONDS:.0f} s") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as fault:
            raise Undelivered(str(fault) or type(fault).__name__) from None

    async def _status(
        self, url: str, body: bytes, headers: Mapping[str, str], extensions: dict[str, Any]
    ) -> int:
        request = self._pool.stream(
            "POST", url, headers=list(headers.items()), content=body, extensions=extensions
        )
        async with request as reply:
            read_bytes = 0
            async for chunk in reply.aiter_stream():
                read_bytes += len(chunk)
                if read_bytes > REPLY_BYTES:
                    break
            return int(reply.status)


class _LookedAt(httpcore2.AnyIOBackend):
    """Connections to addresses that may be reached."""

    def __init__(self, may_reach: Callable[[Address], bool]) -> None:
        self._may_reach = may_reach

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        refused = httpcore2.ConnectError(f"{host} has no address")
        for address in await self._resolved(host, port):
            try:
                return await super().connect_tcp(
                    address, port, CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as fault:
                refused = httpcore2.ConnectError(f"{host} takes no connection: {fault}")
        raise refused

    async def _resolved(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except OSError:
            raise httpcore2.ConnectError(f"the name {host} is not known") from None
        addresses = [str(place[0]) for *_, place in found]
        # All of them: a name that leads inside and outside is up to no good.
        if not all(self._may_reach(ip_address(one)) for one in addresses):
            raise httpcore2.ConnectError(f"{host} leads to a private address")
        return list(dict.fromkeys(addresses))
