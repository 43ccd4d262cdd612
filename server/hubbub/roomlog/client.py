"""The store's connections: the only module that imports redis.

Knows how to send commands with a deadline and whether a command that failed can have been executed.
Refuses to know what the commands mean, and never sends one twice on its own.
"""

import asyncio
import contextlib
import hashlib
import math
import time
from collections.abc import AsyncIterator, Sequence
from importlib.resources import files
from typing import Any

from redis.asyncio.connection import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    RedisError,
    ResponseError,
)

CONNECT_SECONDS = 1.0
"""To open a connection and greet, short of the deadline so that a refusal can still say `unavailable`."""

DEADLINE_SECONDS = 2.0
"""For the replies to what was sent (protocol, section 6: `unknown_outcome` after 2 s)."""

POOL_CONNECTIONS = 32
"""Commands under way at once; more wait for a connection. One hub has at most one batch and a few reads."""

Command = Sequence[str | bytes | int | float]

# Error replies that the store gives before it executes anything (Redis 7.0 and Valkey alike).
_NOT_EXECUTED = (
    "LOADING", "BUSY ", "OOM", "READONLY", "MASTERDOWN", "MISCONF", "NOREPLICAS", "CLUSTERDOWN",
    "TRYAGAIN", "MOVED", "ASK ", "NOAUTH", "NOPERM", "max number of clients",
)  # fmt: skip


_LAYOUT = "hubbub_1"
_SOURCE = (files(__package__) / "functions.lua").read_text()

# The layout of the keys, and the very text: a store keeps functions, and an older text of the layout must
# not be taken for ours. Servers of several texts work side by side.
_LIBRARY_NAME = f"{_LAYOUT}_{hashlib.sha256(_SOURCE.encode()).hexdigest()[:12]}"
_LIBRARY = _SOURCE.replace(_LAYOUT, _LIBRARY_NAME)


class StoreUnavailable(Exception):
    """The store could not be asked: certainly nothing was executed."""


class OutcomeUnknown(Exception):
    """The store was asked and did not answer: it may have been executed, or may be yet."""


class StoreFault(Exception):
    """The store refused a command for a reason of its own; a bug or a wrong store."""


class Store:
    """Sends commands to one Redis or Valkey; every call ends within CONNECT + DEADLINE seconds.

    `writes` counts how often it was asked, `waited_seconds` adds up how long the replies took.
    """

    def __init__(self, url: str) -> None:
        self.writes = 0
        self.waited_seconds = 0.0
        self._pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=POOL_CONNECTIONS,
            timeout=CONNECT_SECONDS,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            # Every wait has a deadline here. The library's own is asyncio.wait_for, which in Python 3.11
            # loses a cancellation that comes together with its result.
            socket_timeout=None,
            socket_connect_timeout=CONNECT_SECONDS,
            decode_responses=False,
        )

    async def aclose(self) -> None:
        """Closes all connections; what is under way fails with OutcomeUnknown."""
        await self._pool.disconnect()

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        """Sends the commands in one write; their replies, an error reply as a StoreFault in its place."""
        connection = await self._connection()
        began_at = time.monotonic()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
                return [await self._reply(connection) for _ in commands]
        except (RedisError, OSError, TimeoutError) as error:
            await connection.disconnect(nowait=True)
            raise OutcomeUnknown(str(error)) from error
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        finally:
            self.writes += 1
            self.waited_seconds += time.monotonic() - began_at
            await self._pool.release(connection)

    async def command(self, *command: str | bytes | int | float) -> Any:
        """One command's reply; raises StoreUnavailable, OutcomeUnknown or StoreFault."""
        [reply] = await self.pipeline([command])
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def call(self, function: str, keys: Sequence[str], packed: bytes) -> bytes:
        """Calls a function of functions.lua, which is loaded if the store does not know it yet."""
        [reply] = await self.calls([(function, keys, packed)])
        if isinstance(reply, Exception):
            raise reply
        return bytes(reply)

    async def calls(self, calls: Sequence[tuple[str, Sequence[str], bytes]]) -> list[Any]:
        """As `call`, several in one write."""
        commands: list[Command] = [
            ("FCALL", f"{_LIBRARY_NAME}_{name}", len(keys), *keys, packed) for name, keys, packed in calls
        ]
        replies = await self.pipeline(commands)
        if any(isinstance(reply, StoreFault) and "Function not found" in str(reply) for reply in replies):
            await self.load_library()
            replies = await self.pipeline(commands)
        return replies

    async def load_library(self) -> None:
        """Loads functions.lua; that it is there already is success."""
        [reply] = await self.pipeline([("FUNCTION", "LOAD", _LIBRARY)])
        if isinstance(reply, Exception) and "already exists" not in str(reply):
            raise reply

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Ear"]:
        """A connection of its own that subscribes; it is closed at the end of the block."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
                await connection.connect()
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(str(error)) from error
        try:
            yield Ear(connection)
        finally:
            await connection.disconnect(nowait=True)

    async def _connection(self) -> Any:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._pool.get_connection()  # type: ignore[no-untyped-call]
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(str(error)) from error

    @staticmethod
    async def _reply(connection: Any) -> Any:
        try:
            return await connection.read_response(disable_decoding=True)
        except (BusyLoadingError, AuthenticationError) as error:
            raise StoreUnavailable(str(error)) from error
        except ResponseError as error:
            if str(error).startswith(_NOT_EXECUTED) or type(error).__name__ in _NOT_EXECUTED_TYPES:
                return StoreUnavailable(str(error))
            return StoreFault(str(error))


# redis-py strips the leading word of some errors and names a class after it instead.
_NOT_EXECUTED_TYPES = frozenset(
    {
        "OutOfMemoryError", "ReadOnlyError", "MasterDownError", "ClusterDownError", "TryAgainError",
        "MovedError", "AskError", "NoPermissionError",
    }
)  # fmt: skip


class Ear:
    """A connection that hears channels. Errors of the store end it as StoreUnavailable."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def subscribe(self, *channels: str) -> None:
        """Asks for the channels; each is confirmed by a `(b"ssubscribe", channel, …)` from `hear`."""
        await self._send("SSUBSCRIBE", channels)

    async def unsubscribe(self, *channels: str) -> None:
        await self._send("SUNSUBSCRIBE", channels)

    async def _send(self, verb: str, channels: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                for one in channels:  # one slot a command, as a cluster wants it
                    if not self._connection.is_connected:  # redis-py would connect anew, and tell nobody
                        raise StoreUnavailable("the connection was lost")
                    await self._connection.send_command(verb, one, check_health=False)
                    await asyncio.sleep(0)  # of thousands of channels others have their turns in between
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(str(error)) from error

    async def hear(self) -> tuple[bytes, bytes, bytes]:
        """The next of what arrives: kind, channel, payload. Waits as long as it takes.

        A connection that is lost stays in place until the block of `listening` ends: a command that is
        just being sent would find it half taken away.
        """
        try:
            kind, channel, payload = await self._connection.read_response(
                disable_decoding=True, timeout=math.inf, disconnect_on_error=False
            )
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
        return kind, channel, payload
