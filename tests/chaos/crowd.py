"""Knows who is in the rooms of a run and where they come from; refuses to know what happens to them.

Senders and readers are split over nodes and rooms, JSON and MessagePack mixed; a moderator in each room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from tests.chaos.member import Member, Role
from tests.chaos.plan import Plan
from tests.support.checker import check
from tests.support.client import CodecName, connected
from tests.support.history import read_log
from tests.support.journal import AnyRecord, Journal, Log, now, read_journals
from tests.support.proxy import StoreProxy, running_proxy
from tests.support.server import Node, options_for, running_nodes
from tests.support.stores import Engine, Fsync, Store, running_store
from tests.support.tokens import token
from tests.support.waiting import NeverHappened, until

# From a fault until everybody is back and was answered; a node takes some seconds to start on two cores.
RECOVERY_SECONDS: Final = 40.0
# Until the last push of a run has reached everybody: a tail that was lost is noticed within some 10 s.
ARRIVAL_SECONDS: Final = 20.0


class Crowd:
    """All members of a run, and the rooms they are in."""

    def __init__(self, plan: Plan, nodes: Sequence[Node], journal: Journal) -> None:
        self.rooms = [f"place/chaos-{number}" for number in range(plan.rooms)]
        self.role_by_identity = {f"m{number}": "moderator" for number in range(plan.rooms)}
        self._plan = plan
        self._numbers = count()

        self._nodes = nodes
        self._journal = journal
        self.everybody: list[Member] = []
        self.senders = [self.add(f"s{number}", number) for number in range(plan.senders)]
        self.readers = [self.add(f"r{number}", number) for number in range(plan.readers)]
        self.moderators = [self.add(f"m{number}", number) for number in range(plan.rooms)]

    def add(self, name: str, number: int, *, receive_buffer_bytes: int | None = None) -> Member:
        """One more member of the crowd, in the room of that number; their life has not begun yet."""
        roles = {"place": self.role_by_identity[name]} if name in self.role_by_identity else None
        codec: CodecName = "json" if number % 2 else "msgpack"
        room = self.rooms[number % len(self.rooms)]
        place = next(self._numbers)
        role = Role(name, token(name, roles=roles), room, codec, receive_buffer_bytes)
        home = place // 3 % self._plan.nodes
        member = Member(role, self._nodes, home, self._journal, self._plan.seed + place)
        self.everybody.append(member)
        return member

    async def is_well(self) -> None:
        """Wait until everybody is in their room and every sender was answered since now."""
        since = now()
        await until(
            "everybody is back in their room and was answered",
            lambda: (
                all(member.is_present.is_set() for member in self.everybody)
                and all(sender.answered_at > since for sender in self.senders)
            ),
            RECOVERY_SECONDS,
        )


@dataclass
class Scene:
    """Nodes, a crowd that is present in rooms on them, and its journal."""

    nodes: Sequence[Node]
    crowd: Crowd
    journal: Journal
    path: Path
    group: asyncio.TaskGroup
    log_by_room: dict[str, Log] = field(default_factory=dict, kw_only=True)

    async def settle(self) -> None:
        """Wait until everybody was given everything, write the logs into the journal, and end it.

        Who was not given everything in time is for the checker to name, so that is no error here.
        """
        async with connected(self.nodes[0].url, name="auditor", token=token("auditor")) as auditor:
            logs = [await read_log(auditor, room) for room in self.crowd.rooms]
        head_by_room = {log.room: (log.epoch, log.seq) for log in logs}
        with suppress(NeverHappened):
            await until(
                "everybody was given everything",
                lambda: all(one.position == head_by_room[one.role.room] for one in self.crowd.everybody),
                ARRIVAL_SECONDS,
            )
        for log in logs:
            self.log_by_room[log.room] = log
            self.journal.write(log)
        self.journal.close()

    def records(self) -> list[AnyRecord]:
        """Return what the journal says, after `settle`."""
        return list(read_journals([self.path]))

    def violations(self, *, is_lossless: bool = True) -> list[str]:
        """Return what the checker finds in the journal, after `settle`."""
        return check(
            read_journals([self.path]),
            is_lossless=is_lossless,
            has_settled=True,
            mode_by_room=dict.fromkeys(self.crowd.rooms, "agora"),
            role_by_identity=self.crowd.role_by_identity,
        )


@dataclass
class StoreScene(Scene):
    """The same, with the store that all nodes share, and the proxy that may stand before it."""

    store: Store
    proxy: StoreProxy


@asynccontextmanager
async def populated(plan: Plan, nodes: Sequence[Node], folder: Path) -> AsyncIterator[Scene]:
    """Make the rooms and let the crowd come; at the end everybody leaves."""
    path = folder / "journal.jsonl"
    with closing(Journal(path)) as journal:
        crowd = Crowd(plan, nodes, journal)
        for room in crowd.rooms:
            await nodes[0].make_room(room)
        async with asyncio.TaskGroup() as group:
            for member in crowd.everybody:
                group.create_task(member.live())
            await until("everybody came", lambda: all(one.is_present.is_set() for one in crowd.everybody), 20)
            yield Scene(nodes, crowd, journal, path, group)
            for member in crowd.everybody:
                member.leave()


@asynccontextmanager
async def scene(
    plan: Plan,
    folder: Path,
    engine: Engine,
    *,
    fsync: Fsync | None = "always",
    is_lossless: bool = True,
    is_proxied: bool = False,
) -> AsyncIterator[StoreScene]:
    """Run a store and nodes on it, and populate them; all is stopped at the end.

    `is_proxied`: the nodes reach the store through a proxy that can be told to lose what it says.
    """
    async with AsyncExitStack() as stack:
        store = stack.enter_context(running_store(folder / "store", engine=engine, fsync=fsync))
        proxy = await stack.enter_async_context(running_proxy(store, plan.seed))
        options = options_for(proxy.url if is_proxied else store.url, is_lossless=is_lossless)
        nodes = await stack.enter_async_context(running_nodes(folder, plan.nodes, *options))
        base = await stack.enter_async_context(populated(plan, nodes, folder))
        yield StoreScene(nodes, base.crowd, base.journal, base.path, base.group, store, proxy)
