"""Where a server's things are: its store, its secret, and who the operator is.

Knows the data folder and the store as an operator on the server's machine finds them. Refuses to know
what is done there.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hubbub import logs
from hubbub.cli.faults import Unusable
from hubbub.domain.identity import Identity
from hubbub.embedded import EmbeddedStore
from hubbub.folder import lock_file, may_lock
from hubbub.roomlog import keys
from hubbub.roomlog.client import Store
from hubbub.roomlog.log import Retention, RoomLog
from hubbub.settings import SECRET_BYTES, Settings
from hubbub.tokens import mint

OPERATOR = Identity("operator", "Operator", "person")
"""Who acts from the command line, as the log names them."""

OPERATOR_SECONDS = 30 * 86_400
"""A token of the operator's lives as long as somebody may follow a room; it never leaves the process."""


@asynccontextmanager
async def store_of(settings: Settings) -> AsyncIterator[Store]:
    """The store of a server, running or not; a private one is started if none runs.

    Raises StartRefused, or StoreUnavailable at its first use.
    """
    logs.configure(settings.log_format)
    if settings.redis_url is not None:
        url = settings.redis_url
    elif is_served(settings):
        url = EmbeddedStore(settings.data_dir).url
    else:
        async with EmbeddedStore(settings.data_dir) as embedded, _connected(embedded.url) as store:
            yield store
            return
    async with _connected(url) as store:
        yield store


@asynccontextmanager
async def room_log_of(settings: Settings) -> AsyncIterator[RoomLog]:
    """The log of all rooms of a server."""
    async with store_of(settings) as store:
        # Lossless, whatever the store is: to say that its restart makes a new epoch is for the nodes.
        yield RoomLog(store, f"cli-{secrets.token_hex(4)}", True, Retention())


def is_served(settings: Settings) -> bool:
    """Whether a living server, or another command, has the data folder."""
    file = settings.data_dir / "lock"
    if not file.is_file():
        return False
    with lock_file(file) as descriptor:
        return not may_lock(descriptor)


async def secret_of(settings: Settings) -> bytes | None:
    """The secret that signs a server's tokens: given, or where the server keeps it; None if nowhere."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    if settings.redis_url is not None:
        async with _connected(settings.redis_url) as store:
            kept: bytes | None = await store.command("GET", keys.SECRET)
    else:
        file = settings.data_dir / "secret"
        try:
            kept = file.read_bytes() if file.exists() else None
        except OSError as fault:
            raise Unusable(f"The secret in {file} cannot be read: {fault.strerror}.") from None
    if kept is not None and len(kept) < SECRET_BYTES:
        raise Unusable("The secret that the server keeps is too short: it is not one that it made.")
    return kept


def operator_token(secret: bytes, hub: str, name: str | None) -> str:
    """A token of the operator, an owner of that hub, shown as `name`."""
    return mint(secret, OPERATOR.id, name or OPERATOR.name, "person", {hub: "owner"}, OPERATOR_SECONDS)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Store]:
    store = Store(url)
    try:
        yield store
    finally:
        await store.aclose()
