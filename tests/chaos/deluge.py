"""Knows how to fill a server to the brim while readers stall and crowds come back; refuses to judge it.

Torrents keep hundreds of publishes in flight in two rooms. Beside them members talk, of whom every record
is kept, some of them stop reading for a while, and in a third room a crowd drops and resumes at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tests.chaos.crowd import RECOVERY_SECONDS, StoreScene, scene
from tests.chaos.harness import moderate, talk
from tests.chaos.member import Member, message
from tests.chaos.plan import Plan
from tests.support.client import Client, open_client
from tests.support.journal import Acked, AnyRecord
from tests.support.server import Node
from tests.support.stores import Engine
from tests.support.tokens import token
from tests.support.torrent import Torrent
from tests.support.waiting import until

# Asked of the kernel for those who will not read, so that the server's end is soon full.
LITTLE_BYTES: Final = 4_096
# Until all torrents are through: far more than it takes, also beside other tests.
FLOOD_SECONDS: Final = 240.0
# Until those who never read are gone: the 30 s of the protocol, and the grace of a close.
DEAF_SECONDS: Final = 60.0
# Rooms 0 and 1 are flooded; in this one the crowd drops and comes back.
STORM_ROOM: Final = 2
# By a crowd that has dropped, at least.
MISSED_ENTRIES: Final = 10


PLAN: Final = Plan(
    seed=11, node_kills=0, store_kills=0, switches=4, rooms=3, senders=4, readers=5, lanes=20,
    pause_seconds=(0, 0),
)  # fmt: skip


@dataclass(frozen=True)
class Deluge:
    """How much of everything; texts are long so that sockets are soon full."""

    plan: Plan = PLAN
    messages: int = 3_200
    """Acked to each of the four torrents."""
    in_flight: int = 400
    text_chars: int = 3_500
    stallers: int = 4
    stall_entries: int = 1_800
    """Of their room while they do not read: more bytes than the kernel keeps for a connection."""
    stalls: int = 1
    deaf: int = 10
    crowd: int = 100
    storms: int = 2
    outlasts_deaf: bool = False
    """Whether it waits until those who never read were sent away."""


FULL: Final = Deluge(
    plan=replace(PLAN, switches=20),
    messages=12_000,
    stalls=4,
    deaf=30,
    crowd=300,
    storms=6,
    outlasts_deaf=True,
)


@dataclass
class Outcome:
    """What a deluge left behind."""

    records: list[AnyRecord] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    torrents: list[Torrent] = field(default_factory=list)
    head_by_room: dict[str, int] = field(default_factory=dict)
    store_calls: int = 0
    """Functions that the store was asked to carry out: each batch is one, and so is each reading."""
    grown_bytes: int = 0
    """By how much the node with those who never read has grown."""
    missed_bytes: int = 0
    """Texts that those who never read were not given, at least."""
    late_words: list[tuple[int, int]] = field(default_factory=list)
    """Of each stall: the newest seq when reading went on, and that of what had been sent before."""

    def acked_in(self, room: str) -> int:
        """How many entries of a room members were acked."""
        return len({one.seq for one in self.records if isinstance(one, Acked) and one.room == room})


@dataclass
class Flood:
    """A deluge under way."""

    deluge: Deluge
    stage: StoreScene
    outcome: Outcome = field(default_factory=Outcome)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    lanes: list[asyncio.Task[None]] = field(default_factory=list)

    async def begin(self) -> None:
        """Let torrents and talkers publish."""
        for number in range(4):
            codec: Any = "json" if number % 3 else "msgpack"
            node = self.stage.nodes[number // 2]
            client = await self._guest(f"torrent-{number}", number % 2, node, codec, journal=None)
            self.outcome.torrents.append(
                Torrent(
                    client,
                    self.stage.crowd.rooms[number % 2],
                    count=self.deluge.messages,
                    in_flight=self.deluge.in_flight,
                    text_chars=self.deluge.text_chars,
                )
            )
        slow = replace(self.deluge.plan, lanes=8, pause_seconds=(0.01, 0.03))
        for sender in self.stage.crowd.senders:
            is_calm = sender.role.room == self.stage.crowd.rooms[STORM_ROOM]
            plan = slow if is_calm else self.deluge.plan
            self.lanes += [
                self.stage.group.create_task(talk(sender, lane, plan, self.is_over))
                for lane in range(plan.lanes)
            ]

    async def deaf(self) -> list[Client]:
        """Those who never read, all on the first node."""
        how = {"journal": self.stage.journal, "receive_buffer_bytes": LITTLE_BYTES}
        clients = [
            await self._guest(f"deaf-{number}", number % 2, self.stage.nodes[0], "json", **how)
            for number in range(self.deluge.deaf)
        ]
        for client in clients:
            client.transport.pause_reading()
        return clients

    async def deaf_are_gone(self) -> None:
        """Wait until nobody is in the flooded rooms any more but those who read."""
        crowd = self.stage.crowd
        for moderator in crowd.moderators[:STORM_ROOM]:
            room = moderator.role.room
            members = sum(one.role.room == room for one in crowd.everybody)
            torrents = sum(one.room == room for one in self.outcome.torrents)

            async def is_so(moderator: Member = moderator, count: int = members + torrents) -> bool:
                return bool((await moderator.ask({"t": "who"}))["count"] == count)

            await until("those who never read are gone", is_so, DEAF_SECONDS)

    async def stall(self, stallers: list[Member], number: int) -> None:
        """Some stop reading, say something into the full socket, and read on much later."""
        for staller in stallers:
            staller.stop_reading()
        await self._progress(self.deluge.stall_entries)
        words = [
            self.stage.group.create_task(staller.ask(message(f"late.{number}", "I am late.")))
            for staller in stallers
        ]
        head_by_room = await self._turnover()
        for staller in stallers:
            staller.read_again()
        for staller, word in zip(stallers, words, strict=True):
            reply = await word
            if reply["t"] == "ack":
                self.outcome.late_words.append((head_by_room[staller.role.room], reply["seq"]))

    async def storm(self, crowd: list[Member]) -> None:
        """All drop at once, miss something, and come back at once."""
        room = self.stage.crowd.rooms[STORM_ROOM]
        await asyncio.gather(*(member.drop() for member in crowd))
        newest = self._heads()[room] + MISSED_ENTRIES
        await until("they miss something", lambda: self._heads()[room] >= newest, FLOOD_SECONDS)
        for member in crowd:
            member.may_come.set()
        await until(
            "the crowd is back", lambda: all(one.is_present.is_set() for one in crowd), RECOVERY_SECONDS
        )

    async def end(self) -> None:
        """Wait for the torrents, and let the talkers have their last answer."""
        async with asyncio.timeout(FLOOD_SECONDS):
            for torrent in self.outcome.torrents:
                await torrent.done
        self.is_over.set()
        await asyncio.wait(self.lanes, timeout=RECOVERY_SECONDS)
        texts = sum(torrent.acks for torrent in self.outcome.torrents) * self.deluge.text_chars
        self.outcome.missed_bytes = texts // 2 * self.deluge.deaf  # each is in one of two rooms

    async def _guest(self, name: str, room: int, node: Node, codec: Any, **how: Any) -> Client:
        client = await open_client(node.url, name=name, codec=codec, **how)
        assert (await client.hello(token=token(name)))["t"] == "welcome"
        assert (await client.join(self.stage.crowd.rooms[room], limit=0))["t"] == "joined"
        return client

    async def _progress(self, entries: int) -> None:
        """Wait until both flooded rooms have grown by so much, as a reader of each has seen it."""
        goals = {room: seq + entries for room, seq in self._heads().items()}
        flooded = self.stage.crowd.rooms[:STORM_ROOM]
        await until(
            f"{entries} entries more",
            lambda: all(self._heads()[room] >= goals[room] for room in flooded),
            FLOOD_SECONDS,
        )

    async def _turnover(self) -> dict[str, int]:
        """Wait until all that was in flight is in the log, and as much again behind it; the newest seqs."""
        torrents = self.outcome.torrents
        most, more = self.deluge.messages, 3 * self.deluge.in_flight
        goals = [min(torrent.acks + more, most) for torrent in torrents]
        await until(
            "what was in flight is in the log",
            lambda: all(torrent.acks >= goal for torrent, goal in zip(torrents, goals, strict=True)),
            FLOOD_SECONDS,
        )
        acks = {room: sum(one.acks for one in torrents if one.room == room) for room in self._heads()}
        await until(
            "talkers have seen it",
            lambda: all(seq >= acks[room] for room, seq in self._heads().items()),
            FLOOD_SECONDS,
        )
        return self._heads()

    def _heads(self) -> dict[str, int]:
        """The newest seq that a talker of each room was given."""
        return {one.role.room: one.position[1] for one in self.stage.crowd.moderators if one.position}


async def pour(deluge: Deluge, folder: Path, engine: Engine) -> Outcome:
    """Carry out a deluge; everybody has gone at the end."""
    async with scene(deluge.plan, folder, engine) as stage:
        flood = Flood(deluge, stage)
        crowd = stage.crowd
        storm = [crowd.add(f"c{number}", STORM_ROOM + 3 * number) for number in range(deluge.crowd)]
        stallers = [
            crowd.add(f"l{number}", number % 2, receive_buffer_bytes=LITTLE_BYTES)
            for number in range(deluge.stallers)
        ]
        for member in (*storm, *stallers):
            stage.group.create_task(member.live())
        await until(
            "all are there", lambda: all(one.is_present.is_set() for one in crowd.everybody), RECOVERY_SECONDS
        )
        deaf = await flood.deaf()
        calls, size = store_calls(stage), resident_bytes(stage.nodes[0])
        await flood.begin()
        async with asyncio.TaskGroup() as acts:
            acts.create_task(repeat(deluge.stalls, lambda number: flood.stall(stallers, number)))
            acts.create_task(repeat(deluge.storms, lambda _: flood.storm(storm)))
            acts.create_task(moderate(crowd.moderators, deluge.plan, asyncio.Event()))
        await flood.end()
        flood.outcome.store_calls = store_calls(stage) - calls
        flood.outcome.grown_bytes = resident_bytes(stage.nodes[0]) - size
        if deluge.outlasts_deaf:
            await flood.deaf_are_gone()
        for client in deaf:
            client.transport.abort()
            await client.close_code()
        await stage.settle()
        for torrent in flood.outcome.torrents:
            torrent.stop()
    outcome = flood.outcome
    outcome.records, outcome.violations = stage.records(), stage.violations()
    outcome.head_by_room = {room: stage.log_by_room[room].seq for room in crowd.rooms}
    return outcome


async def repeat(times: int, act: Callable[[int], Any]) -> None:
    """One act after the other."""
    for number in range(times):
        await act(number)


def store_calls(stage: StoreScene) -> int:
    """How many functions the store has carried out."""
    told: dict[str, dict[str, int]] = stage.store.command("INFO", "commandstats")
    return int(told["cmdstat_fcall"]["calls"])


def resident_bytes(node: Node) -> int:
    """The memory that a node's process holds now."""
    return int(Path(f"/proc/{node.pid}/statm").read_text().split()[1]) * 4_096
