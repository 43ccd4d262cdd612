"""`hubbub serve`: puts the parts together, and takes them apart again in the right order.

Knows store, secret, socket, node, application and processes. Everything that keeps a server from
starting is a StartRefused with one line for people.
"""

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn
import uvloop
from pydantic import SecretStr

from hubbub import bots, demo, logs, story
from hubbub.domain import limits
from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Refused
from hubbub.embedded import EmbeddedStore
from hubbub.folder import StartRefused
from hubbub.gateway.connection import GatewayProtocol
from hubbub.gateway.desk import Desk
from hubbub.gateway.door import Door
from hubbub.gateway.node import Node
from hubbub.hooks.couriers import Couriers
from hubbub.hooks.incoming import HookBook
from hubbub.hosts import AddressCounter, Sites
from hubbub.roomlog import keys
from hubbub.roomlog.client import OutcomeUnknown, Store, StoreFault, StoreUnavailable
from hubbub.roomlog.log import Retention, RoomLog
from hubbub.settings import Settings
from hubbub.spec.documents import DOCUMENTS
from hubbub.store_check import check_store, words_of
from hubbub.tokens import Jwks, Tokens
from hubbub.web.app import create_app
from hubbub.web.http_protocol import BoundedHttpProtocol
from hubbub.web.pages import pages_folder

log = structlog.get_logger(__name__)

BACKLOG = 4_096
"""Connections that wait to be accepted: a storm of people who come back."""

WORKER_RESTART_SECONDS = 1.0
"""Between the end of a worker and its successor, so that a fault at start does not spin."""

STOP_SECONDS = 10.0
"""For a worker to end after its drain; then it is killed."""

COLLECT_AFTER_OBJECTS = 10_000
"""New objects after which Python looks for rings among them. By default 700, which a crowd that comes makes
in 30 connections, hardly one of them in a ring: a sixth of the time of a join storm went there."""

SOCKET_VARIABLE = "HUBBUB_WORKER_SOCKET"
"""In a worker's environment: the file descriptor of the listening socket it inherits."""

PARENT_VARIABLE = "HUBBUB_WORKER_PARENT"
"""In a worker's environment: the end of a pipe that is closed when its supervisor ends, however that is."""


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; raises StartRefused if it cannot begin."""
    logs.configure(settings.log_format)
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        port = listener.getsockname()[1]
        uvloop.run(_serve(settings.model_copy(update={"port": port}), listener))


def work() -> None:
    """One of several gateway processes: everything it needs is in its environment."""
    settings = Settings()
    logs.configure(settings.log_format)
    with contextlib.closing(socket.socket(fileno=int(os.environ[SOCKET_VARIABLE]))) as listener:
        uvloop.run(_serve_node(settings, listener, int(os.environ[PARENT_VARIABLE])))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    async with _store_for(settings) as with_store:
        complete = await _with_secret(with_store)
        if complete.demo:
            await _furnish(complete)
        _announce(complete)
        async with _company(complete):
            if complete.workers == 1:
                await _serve_node(complete, listener)
            else:
                await _supervise(complete, listener)


@contextlib.asynccontextmanager
async def _store_for(settings: Settings) -> AsyncIterator[Settings]:
    """The settings with a store that answers: the given one, or a private one in the data folder."""
    if settings.redis_url is not None:
        await check_store(settings.redis_url)
        yield settings
        return
    async with EmbeddedStore(settings.data_dir) as store:
        lossless = settings.is_store_lossless
        settings = settings.model_copy(update={"redis_url": store.url, "store_lossless": lossless})
        await check_store(store.url)
        secret_file = settings.data_dir / "secret"
        if settings.secret is None:
            settings = settings.model_copy(update={"secret": SecretStr(_kept_secret(secret_file))})
        yield settings


async def _with_secret(settings: Settings) -> Settings:
    """The settings with a secret; without one it is made and kept in the store, for all nodes."""
    if settings.secret is not None:
        return settings
    assert settings.redis_url is not None
    store = Store(settings.redis_url)
    try:
        await store.command("SET", keys.SECRET, secrets.token_urlsafe(48), "NX")
        kept = await store.command("GET", keys.SECRET)
    except (StoreUnavailable, OutcomeUnknown, StoreFault) as fault:
        raise StartRefused(words_of(fault)) from None
    finally:
        await store.aclose()
    return settings.model_copy(update={"secret": SecretStr(kept.decode())})


def _kept_secret(file: Path) -> str:
    """The secret in a file that only its owner reads; made if it is not there."""
    try:
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as made:
                made.write(secrets.token_urlsafe(48))
        return file.read_text()
    except OSError as fault:
        raise StartRefused(f"The secret cannot be kept in {file}: {fault.strerror}.") from None


async def _furnish(settings: Settings) -> None:
    """The demo's rooms; with company, what had been said there, in case they are new."""
    assert settings.redis_url is not None
    store = Store(settings.redis_url)
    try:
        is_new = await demo.furnish(_room_log(settings, store), is_lively=settings.bots)
        if is_new and settings.bots:
            node = _node(settings, store, _tokens(settings))
            async with node.running():
                await story.tell(Desk(node))
    except Refused as fault:
        log.warning("serving.story_cut", reason=fault.refusal.reason)  # a beginning is better than no demo
    finally:
        await store.aclose()


@contextlib.asynccontextmanager
async def _company(settings: Settings) -> AsyncIterator[None]:
    """The demo's bots, once for all workers, if they are wanted and there."""
    pages = pages_folder()
    if not (settings.demo and settings.bots and pages and settings.secret):
        yield
        return
    url = f"{_site(settings).replace('http', 'ws', 1)}/ws"
    async with bots.company(bots.all_bots(pages / "bots"), url, settings.secret.get_secret_value().encode()):
        yield


def _tokens(settings: Settings) -> Tokens:
    assert settings.secret is not None
    jwks = Jwks(settings.jwks_url) if settings.jwks_url is not None else None
    return Tokens(settings.secret.get_secret_value().encode(), jwks, settings.guests)


def _room_log(settings: Settings, store: Store) -> RoomLog:
    return RoomLog(store, f"n-{secrets.token_hex(4)}", settings.is_store_lossless, Retention())


def _announce(settings: Settings) -> None:
    """Says on standard output where the server is, and the demo's links; the log has standard error."""
    site = _site(settings)
    print(f"Hubbub is at {site}", flush=True)
    if settings.demo and settings.secret is not None:
        for role, link in demo.links(site, settings.secret.get_secret_value().encode()).items():
            print(f"  as a {role}: {link}", flush=True)


def _site(settings: Settings) -> str:
    """Where the server can be reached from this machine."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises StartRefused where there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as fault:
        listener.close()
        reason = fault.strerror or str(fault)
        raise StartRefused(f"Cannot listen on {host}:{port}: {reason}. Choose another with --port.") from None
    return listener


# -- One node --------------------------------------------------------------------------------------


def _relieve_collector() -> None:
    """Spares the collector of rings what stays: what the program began with, and connections."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)


async def _serve_node(settings: Settings, listener: socket.socket, parent: int | None = None) -> None:
    assert settings.redis_url is not None and settings.secret is not None
    store = Store(settings.redis_url)
    try:
        tokens = _tokens(settings)
        node = _node(settings, store, tokens)
        lifespan = _lifespan(node, settings)
        app = create_app(Desk(node), tokens, settings, HookBook(store), lifespan, DOCUMENTS)
        config = uvicorn.Config(
            app,
            http=BoundedHttpProtocol,
            ws=GatewayProtocol,
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=int(limits.STORE_SECONDS + limits.CLOSE_SECONDS),
        )
        _relieve_collector()
        await _DrainingServer(config, node, settings.drain_seconds, parent).serve(sockets=[listener])
    finally:
        await store.aclose()


def _node(settings: Settings, store: Store, tokens: Tokens) -> Node:
    limited = settings.rate_limits
    return Node(
        store=store,
        room_log=_room_log(settings, store),
        tokens=tokens,
        door=Door(Sites(settings.host, settings.port, settings.allowed_origins), settings.trusted_proxies),
        node_limits=Limits() if limited else Limits(publish_burst=None, publish_per_s=None),
        address_counter=_address_counter(settings),
        connections_per_identity=limits.CONNECTIONS_PER_IDENTITY if limited else None,
    )


def _address_counter(settings: Settings) -> AddressCounter:
    most = limits.CONNECTIONS_PER_ADDRESS if settings.rate_limits else None
    return AddressCounter(most, settings.trusted_proxies)


def _lifespan(node: Node, settings: Settings) -> Any:
    """What HTTP connections find: the node, and a counter for as long as they are not upgraded.

    WebSockets have the node's counter, so that one too many of them is told so by a close code.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        couriers = Couriers(node, node.store, settings.allow_private_webhooks)
        async with node.running(), couriers.running():
            yield {"node": node, "address_counter": _address_counter(settings)}

    return lifespan


class _DrainingServer(uvicorn.Server):
    """Drains the node before uvicorn stops; a second signal stops at once.

    The end of the supervisor, if there is one, counts as a signal: a worker left alone would hold the port.
    """

    def __init__(
        self, config: uvicorn.Config, node: Node, drain_seconds: float, parent: int | None = None
    ) -> None:
        super().__init__(config)
        self._parent = parent
        self._node = node
        self._drain_seconds = drain_seconds
        self._draining: asyncio.Task[None] | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        if self._parent is not None:
            self._loop.add_reader(self._parent, self._orphaned, self._parent)
        await super().serve(sockets)

    def _orphaned(self, parent: int) -> None:
        self._loop.remove_reader(parent)
        self._begin_to_end()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._begin_to_end)

    def _begin_to_end(self) -> None:
        if self._draining is None:
            self._draining = self._loop.create_task(self._drain())
        else:
            self.should_exit = self.force_exit = True

    async def _drain(self) -> None:
        log.info("serving.draining", connections=len(self._node.connections))
        try:
            await self._node.drain(self._drain_seconds)
        finally:
            self.should_exit = True


# -- Several nodes on one port ---------------------------------------------------------------------


async def _supervise(settings: Settings, listener: socket.socket) -> None:
    """Keeps `workers` gateway processes on the socket until a signal; then drains them all."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stopping.set)
    parent, _kept_open = os.pipe()
    environment = {
        **os.environ,
        **settings.as_environment(),
        SOCKET_VARIABLE: str(listener.fileno()),
        PARENT_VARIABLE: str(parent),
    }
    descriptors = (listener.fileno(), parent)
    async with asyncio.TaskGroup() as group:
        for _ in range(settings.workers):
            group.create_task(_keep_worker(environment, descriptors, stopping, settings.drain_seconds))


async def _keep_worker(
    environment: dict[str, str], descriptors: tuple[int, int], stopping: asyncio.Event, drain_seconds: float
) -> None:
    while not stopping.is_set():
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from hubbub.serving import work; work()",
            env=environment,
            pass_fds=descriptors,
            start_new_session=True,
        )
        ended, stopped = asyncio.ensure_future(worker.wait()), asyncio.ensure_future(stopping.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            worker.terminate()
            done, _ = await asyncio.wait({ended}, timeout=drain_seconds + STOP_SECONDS)
            if not done:
                worker.kill()
                await ended
            return
        log.warning("serving.worker_ended", pid=worker.pid, code=worker.returncode)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WORKER_RESTART_SECONDS):
                await stopping.wait()
