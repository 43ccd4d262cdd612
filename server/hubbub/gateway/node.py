"""One running gateway process: its connections, its hubs, its beat, and how it goes.

Knows what belongs together and when things are looked at again. Refuses to know commands (commands) and
HTTP (desk).
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any

import structlog

from hubbub.domain import limits
from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Code, Refusal
from hubbub.gateway.allowance import Allowance
from hubbub.gateway.commands import Commands
from hubbub.gateway.counts import Counts
from hubbub.gateway.door import Door
from hubbub.gateway.ephemera import Ephemera
from hubbub.gateway.hub import Hub
from hubbub.gateway.timetable import Timetable
from hubbub.gateway.turns import Turn
from hubbub.gateway.wheel import SPOKE_SECONDS, Wheel
from hubbub.hosts import AddressCounter
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode
from hubbub.roomlog.client import OutcomeUnknown, Store, StoreUnavailable
from hubbub.roomlog.log import RoomLog
from hubbub.roomlog.pulse import Pulse
from hubbub.roomlog.subscriber import Subscriber
from hubbub.tokens import Tokens

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.room import Room

CHECK_SECONDS = 5.0
"""Between two looks at the store for what was missed: a lost last message is found within 10 s."""

HUBS_AT_ONCE = 128
"""Hubs looked at in one write: a millisecond or two for the store and for this node."""

ON_THE_WAY_SECONDS = 0.1
"""From the store's number of an envelope until it counts as lost: it may be on its way still."""

TELL_SECONDS = 1.0
"""Between two pushes of presence, typing and heads of one room (protocol, sections 3 and 5.1)."""

CLOSES_PER_S = 500
"""While draining: as many people as another node can take in a second, with room to spare."""

log = structlog.get_logger(__name__)


class Node:
    """A node; serves inside `async with node.running()`."""

    def __init__(
        self,
        *,
        store: Store,
        room_log: RoomLog,
        tokens: Tokens,
        door: Door,
        node_limits: Limits,
        address_counter: AddressCounter,
        connections_per_identity: int | None,
    ) -> None:
        self.name = room_log.node
        self.store = store
        self.log = room_log
        self.tokens = tokens
        self.door = door
        self.limits = node_limits
        self.address_counter = address_counter
        self.clock = room_log.clock
        self.wheel: Wheel[GatewayProtocol] = Wheel()
        self.timetable = Timetable()
        self.counts = Counts()
        self.ephemera = Ephemera(self)
        self.commands = Commands(self)
        self.subscriber = Subscriber(store, self.name)
        self.connections: set[GatewayProtocol] = set()
        self._connections_of: dict[str, list[GatewayProtocol]] = {}
        self._quiet: Counter[str] = Counter()
        self._per_identity = connections_per_identity
        self._allowance = Allowance(node_limits.publish_burst, node_limits.publish_per_s)
        self._hubs: dict[str, Hub] = {}
        self._opening = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None
        self._is_draining = False
        self._empty = asyncio.Event()
        self._empty.set()

    # -- Life ------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Node"]:
        """Listens and beats until the end of the block."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            tasks = [
                group.create_task(coroutine)
                for coroutine in (
                    self.subscriber.run(),
                    self._every(SPOKE_SECONDS / 2, self._turn),
                    self._every(TELL_SECONDS, self._tell),
                    self._every(CHECK_SECONDS, self._check),
                )
            ]
            try:
                yield self
            finally:
                with contextlib.suppress(StoreUnavailable, OutcomeUnknown):
                    await self.ephemera.write_seen()
                    await self.ephemera.neighbours.leave()
                self._group = None
                for task in tasks:
                    task.cancel()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Runs something in the node's task group; its faults are logged. None once the node stops."""
        if self._group is None:
            work.close()
            return None
        return self._group.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as fault:
            self.fault(fault, getattr(work, "__qualname__", "task"))

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except (StoreUnavailable, OutcomeUnknown) as fault:
                log.warning("node.store_away", fault=str(fault))
            except Exception as fault:
                self.fault(fault, "beat")

    async def _turn(self) -> None:
        turn = Turn()
        while not self.wheel.turn(time.monotonic(), turn.must_end):
            await turn.pause()  # thousands may be due at once: others are served in between
        for room in self.timetable.due(self.clock.now_ms()):
            if room.is_due():
                room.hub.end_due_mode(room)
                self.timetable.put(room, self.clock.now_ms() + 1_000)
            else:
                self.timetable.put(room, room.next_change_at_ms())
            room.refresh_rights()

    async def _tell(self) -> None:
        await self.ephemera.tell()
        await self.ephemera.write_seen()
        for hub in list(self._hubs.values()):
            if hub.watchers:
                await hub.watchers.tell()

    async def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        for hub in list(self._hubs.values()):
            if hub.close_idle(now):
                del self._hubs[hub.name]
                self.subscriber.unsubscribe(hub.name)
        await self._compare(list(self._hubs.values()))
        await self.ephemera.neighbours.look(list(self._hubs.values()))

    async def _compare(self, hubs: list[Hub]) -> None:
        """Looks at the store's numbers of all hubs; what has missed something reads on."""
        behind: list[tuple[Hub, int, Pulse | None]] = []
        for start in range(0, len(hubs), HUBS_AT_ONCE):
            some = hubs[start : start + HUBS_AT_ONCE]
            heard = [hub.batches for hub in some]
            pulses = await self.log.pulses([hub.name for hub in some])
            found = zip(some, heard, pulses, strict=True)
            behind += [
                (hub, before, pulse) for hub, before, pulse in found if not hub.keeps_up(before, pulse)
            ]
        if any(pulse is not None for _, _, pulse in behind):
            await asyncio.sleep(ON_THE_WAY_SECONDS)
        for hub, heard_before, pulse in behind:
            if not hub.keeps_up(heard_before, pulse):
                await hub.check()

    async def drain(self, seconds: float) -> None:
        """Lets nobody in, answers what is pending, sends everybody away with 1012 and a time to return."""
        self._is_draining = True
        self.door.is_open = False
        leaving = list(self.connections)
        random.shuffle(leaving)
        window = min(seconds, len(leaving) / CLOSES_PER_S)
        for connection in leaving:
            connection.send(frames.Drain(reconnect_ms=random.randint(1_000, 15_000)))
        for connection in leaving:
            connection.shut_when_answered(CloseCode.RESTARTING)
            await asyncio.sleep(window / len(leaving))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.STORE_SECONDS + limits.CLOSE_SECONDS):
                await self._empty.wait()

    def fault(self, fault: Exception, where: str) -> Refusal:
        """A fault of ours, logged with a number that the refusal quotes."""
        number = secrets.token_hex(4)
        log.error("node.fault", number=number, where=where, exc_info=fault)
        return Refusal(Code.INTERNAL, f"Something went wrong here; it was noted as {number}.")

    # -- Connections -----------------------------------------------------------------------------

    def met(self, connection: "GatewayProtocol", address: str) -> bool:
        """A connection was upgraded; False if its address has too many."""
        self.connections.add(connection)
        self._empty.clear()
        connection.is_counted = self.address_counter.enter(address)
        return connection.is_counted

    def greet(self, connection: "GatewayProtocol", identity_id: str) -> bool:
        """A connection says who it is; False if they have too many."""
        known = self._connections_of.get(identity_id, [])
        if self._per_identity is not None and len(known) >= self._per_identity:
            return False
        known.append(connection)
        self._connections_of[identity_id] = known
        return True

    def lost(self, connection: "GatewayProtocol", address: str | None) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()
        self.wheel.remove(connection)
        if connection.is_counted and address is not None:
            self.address_counter.leave(address)
        if connection.credentials is not None:
            id = connection.credentials.identity.id
            self._connections_of[id].remove(connection)
            if not self._connections_of[id]:
                del self._connections_of[id]
            self.mind_quiet(id, -connection.is_quiet)

    def is_quiet(self, identity_id: str) -> bool:
        """Whether any connection of somebody here is quiet."""
        return self._quiet[identity_id] > 0

    def mind_quiet(self, identity_id: str, change: int) -> None:
        """One quiet connection of somebody more or less: the rooms they are in look at their names again."""
        if not change:
            return
        for connection in self._connections_of.get(identity_id, ()):
            for room in connection.rooms.values():
                room.presence.mind(identity_id)
                self.stir(room)
        self._quiet[identity_id] += change
        if not self._quiet[identity_id]:
            del self._quiet[identity_id]

    def stir(self, room: "Room") -> None:
        """Somebody came into a room or left it."""
        self.ephemera.stir(room)

    def rate_refusal(self, identity_id: str) -> Refusal | None:
        """Takes one command out of somebody's allowance."""
        wait = self._allowance.retry_ms(identity_id, time.monotonic())
        if wait is None:
            return None
        return Refusal(Code.RATE_LIMITED, f"Too many commands: wait {wait} ms.", retry_ms=wait)

    # -- Hubs ------------------------------------------------------------------------------------

    @property
    def hubs(self) -> Collection[Hub]:
        """The hubs that it serves now."""
        return self._hubs.values()

    async def hub(self, name: str) -> Hub:
        """The hub, held once more (`holders`); raises Refused if there is none."""
        hub = self._hubs.get(name)
        if hub is None:
            async with self._opening:
                hub = self._hubs.get(name) or await self._open(name)
        hub.holders += 1
        return hub

    async def _open(self, name: str) -> Hub:
        hub = Hub(self, name)
        try:
            await hub.begin()
        except BaseException:
            self.subscriber.unsubscribe(name)
            raise
        self._hubs[name] = hub
        return hub

    @property
    def is_ready(self) -> bool:
        """Whether it runs and is not draining."""
        return self._group is not None and not self._is_draining
