"""Knows how a well-behaved client comes back: retry, reconnect, resume; refuses to know why it had to."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.support.client import (
    Client,
    CodecName,
    ConnectionLost,
    Position,
    UpgradeRefused,
    WireFrame,
    open_client,
)
from tests.support.journal import Journal, now
from tests.support.server import Node

# Between two tries to connect, join or be heard: short, so that a fault of two seconds is felt as two.
BACK_OFF_SECONDS: Final = (0.05, 0.2)
# Of those whose node died, this share waits for it to come back; the others go elsewhere at once.
FAITHFUL_SHARE: Final = 0.5


@dataclass(frozen=True)
class Role:
    """Who a member is: a token's subject, the token, and the room it lives in.

    `receive_buffer_bytes` is asked of the kernel; a small one makes the server feel who does not read.
    """

    name: str
    token: str
    room: str
    codec: CodecName
    receive_buffer_bytes: int | None = None


class Member:
    """One identity in one room, over as many connections as it takes."""

    def __init__(self, role: Role, nodes: Sequence[Node], home: int, journal: Journal, seed: int) -> None:
        self.role = role
        self.is_present = asyncio.Event()
        self.may_come = asyncio.Event()
        self.may_come.set()
        self.answered_at = 0.0
        self._nodes = nodes
        self._at = home
        self._journal = journal
        self._chance = random.Random(seed)
        self._client: Client | None = None
        self._position: Position | None = None
        self._attention = asyncio.Event()
        self._is_leaving = False

    @property
    def position(self) -> Position | None:
        """The newest (epoch, seq) that it was given."""
        if self._client is not None:
            self._position = self._client.position_by_room.get(self.role.room, self._position)
        return self._position

    async def live(self) -> None:
        """Be in the room until `leave`, whatever happens to connections."""
        is_faithful = False
        while not self._is_leaving:
            try:
                await self.may_come.wait()
                await self._arrive()
                await self._stay()
                is_faithful = self._chance.random() < FAITHFUL_SHARE
            except (OSError, ConnectionLost, UpgradeRefused, TimeoutError):
                await self._back_off()
            if not is_faithful:
                self._at = (self._at + 1) % len(self._nodes)
        if self._client is not None:
            await self._client.close()

    def leave(self) -> None:
        """End `live`."""
        self._is_leaving = True
        self.may_come.set()
        self._attention.set()

    def stop_reading(self) -> None:
        """Leave what arrives unread."""
        assert self._client is not None
        self._client.transport.pause_reading()

    def read_again(self) -> None:
        """Go on reading."""
        assert self._client is not None
        self._client.transport.resume_reading()

    async def drop(self) -> None:
        """Lose the connection, and stay away until `may_come` is set again."""
        self.may_come.clear()
        assert self._client is not None
        self._client.transport.abort()
        await self._client.close_code()

    async def ask(self, command: WireFrame) -> WireFrame:
        """Send a command, with the same `id` again and again, until it is settled.

        Returns its `ack` or a `nack` that is not temporary.
        """
        while True:
            await self.is_present.wait()
            assert self._client is not None
            try:
                reply = await self._client.ask({**command, "room": self.role.room})
            except ConnectionLost:
                await self._back_off()
                continue
            if reply["t"] == "nack" and (reply["temporary"] or reply["code"] == "not_joined"):
                await self._back_off()
                continue
            self.answered_at = now()
            return reply

    async def _arrive(self) -> None:
        self._attention.clear()
        client = await open_client(
            self._nodes[self._at].url,
            codec=self.role.codec,
            name=self.role.name,
            journal=self._journal,
            on_push=self._take_push,
            receive_buffer_bytes=self.role.receive_buffer_bytes,
        )
        self._client = client
        client.closed.add_done_callback(lambda _: self._be_absent())
        welcome = await client.hello(token=self.role.token)
        assert welcome["t"] == "welcome", welcome
        await self._enter(client)

    async def _enter(self, client: Client) -> None:
        """Join, or resume where it was; again while the store cannot be reached."""
        while not self._is_leaving:
            joined = await client.join(self.role.room, after=self._position, limit=0)
            if joined["t"] == "joined":
                self.is_present.set()
                return
            assert joined["temporary"], joined
            await self._back_off()

    async def _stay(self) -> None:
        """Wait for the end of the connection, joining again after a `reset`."""
        while not self._is_leaving:
            await self._attention.wait()
            self._attention.clear()
            client = self._client
            assert client is not None
            if not client.is_open or self._is_leaving:
                return
            await self._enter(client)

    def _take_push(self, push: WireFrame) -> None:
        if push["t"] == "reset":
            self._be_absent()

    def _be_absent(self) -> None:
        _ = self.position  # Kept for the resume.
        self.is_present.clear()
        self._attention.set()

    async def _back_off(self) -> None:
        await asyncio.sleep(self._chance.uniform(*BACK_OFF_SECONDS))


def message(id: str, text: str) -> dict[str, Any]:
    """A `publish` command."""
    return {"t": "publish", "id": id, "text": text}
