"""The same scenes in a fake hub and on a real server: what a bot is told and refused is the same.

Times and the ids of messages differ, and rights may be told before or after the entry that changed them:
they are compared apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

import pytest
import pytest_asyncio

from hubbub import Bot, EntryEvent, Event, HubbubError, LeftRoom, RightsChanged, connect
from hubbub.testing import FakeHub, Server, run_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROLES = {"max": "moderator", "olga": "owner", "bot": "participant"}
_numbers = count(1)


def hub_of(room: str) -> str:
    return room.partition("/")[0]


class Stage(Protocol):
    """Where a scene is played."""

    bot: Bot
    room: str

    async def act(self, who: str, t: str, **fields: Any) -> int:
        """Somebody does something; returns its seq, when the bot has been told."""


@dataclass
class Seen:
    """What became of a scene, without times and ids."""

    entries: list[tuple[Any, ...]] = field(default_factory=list)
    rights: list[dict[str, bool]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    refusals: list[tuple[Any, ...]] = field(default_factory=list)


def watched(seen: Seen) -> Bot:
    """A bot that notes what it is told."""
    bot = Bot(ignore_self=False, ignore_bots=False)

    @bot.on(Event)
    async def note(event: Event) -> None:
        match event:
            case EntryEvent():
                fields = {
                    name: event.fields[name] for name in event.fields if name not in ("at", "id", "until")
                }
                seen.entries.append((type(event).__name__, event.author.id, fields))
            case RightsChanged():
                seen.rights.append(dict(event.rights))
            case LeftRoom():
                seen.left.append(event.reason)
            case _:
                pass

    return bot


class FakeStage:
    """A scene in a fake hub."""

    def __init__(self, bot: Bot, hub: FakeHub, room: str) -> None:
        self.bot, self.room, self._hub = bot, room, hub

    async def act(self, who: str, t: str, **fields: Any) -> int:
        return await self._hub.act(self.room, who, t, as_role=ROLES.get(who, "participant"), **fields)


class RealStage:
    """A scene on a server."""

    def __init__(self, bot: Bot, server: Server, room: str) -> None:
        self.bot, self.room, self._server = bot, room, server

    async def act(self, who: str, t: str, **fields: Any) -> int:
        token = self._server.token(who, roles={hub_of(self.room): ROLES.get(who, "participant")})
        async with connect(self._server.url, token=token, rooms=[self.room]) as hub:
            ack = await hub._sending.append({"t": t, "room": self.room, **fields})
        await self._settled(ack["seq"])
        return int(ack["seq"])

    async def _settled(self, seq: int) -> None:
        cursors = self.bot.hub._session.reading.cursor_by_room
        async with asyncio.timeout(20):
            while self.room in cursors and (cursors[self.room].seq < seq or not self.bot.is_idle):
                await asyncio.sleep(0.01)


Scene = Callable[[Stage, Seen], Awaitable[None]]


async def refused(seen: Seen, doing: Awaitable[object]) -> None:
    """Notes what a call of the bot is refused with."""
    try:
        await doing
    except HubbubError as error:
        rule = {name: error.rule[name] for name in ("mode", "reason", "role", "action") if name in error.rule}
        seen.refusals.append((type(error).__name__, error.code, error.temporary, rule, error.instead))
    else:
        seen.refusals.append(("nothing",))


async def in_a_fake_hub(scene: Scene, room: str) -> Seen:
    seen = Seen()
    bot = watched(seen)
    async with FakeHub(bot, {room: "agora"}) as hub:
        await scene(FakeStage(bot, hub, room), seen)
        await hub.settle()
    return seen


async def on_a_server(scene: Scene, server: Server, room: str) -> Seen:
    seen, stop = Seen(), asyncio.Event()
    bot = watched(seen)
    await server.make_room(room)
    bot._url, bot._token = server.url, server.token("bot", kind="bot", roles={hub_of(room): "participant"})
    async with asyncio.TaskGroup() as group:
        group.create_task(bot.start([room], until=stop.wait()))
        async with asyncio.timeout(20):
            while not bot.is_idle:
                await asyncio.sleep(0.01)
        stage = RealStage(bot, server, room)
        await scene(stage, seen)
        if not seen.left:
            await stage.act("max", "publish", text="the end")
            seen.entries.pop()
        stop.set()
    return seen


# -- Scenes ------------------------------------------------------------------------------------------


async def talk(stage: Stage, seen: Seen) -> None:
    room, hub = stage.room, stage.bot.hub
    first = await stage.act("alice", "publish", text="A question?", question=True, data={"n": 1})
    await stage.act("bob", "publish", text="An answer.", reply_to=first)
    await stage.act("alice", "edit", target=first, text="A better question?")
    await stage.act("bob", "react", target=first, emoji="👍", on=True)
    mine = await hub.send(room, "mine", reply_to=first)
    await hub.edit(room, mine.seq, "mine, indeed")
    await stage.act("max", "remove", target=mine.seq, reason="off topic")
    await refused(seen, hub.react(room, first, "👍", on=False))
    await refused(seen, hub.send(room, "to nobody", reply_to=99))
    await refused(seen, hub.edit(room, first, "not mine"))
    await refused(seen, hub.remove(room, mine.seq))


async def modes(stage: Stage, seen: Seen) -> None:
    room, hub = stage.room, stage.bot.hub
    await refused(seen, hub.set_mode(room, "announcement", reason="I am nobody"))
    await stage.act("max", "mode", mode="announcement", reason="Talk starts")
    await refused(seen, hub.send(room, "may I?"))
    await stage.act("max", "mode", mode="agora", reason="Discussion")
    await hub.send(room, "thank you")
    await stage.act("max", "settings", title="The hall", slow_ms=60_000)
    await refused(seen, hub.send(room, "too soon"))


async def floor(stage: Stage, seen: Seen) -> None:
    room, hub = stage.room, stage.bot.hub
    await refused(seen, hub.request_floor(room))
    await stage.act("max", "mode", mode="announcement", reason="Talk starts")
    answer = await hub.request_floor(room, "One word")
    await refused(seen, hub.request_floor(room))
    await stage.act("max", "floor", action="give", subject="bot", reason="Go on")
    seen.left.append(type(await answer).__name__)
    await hub.send(room, "One word.")
    await stage.act("max", "floor", action="take", subject="bot", reason="Enough")
    await refused(seen, hub.send(room, "And another"))
    await refused(seen, hub.give_floor(room, "alice"))
    seen.left.clear()


async def sanctions(stage: Stage, seen: Seen) -> None:
    room, hub = stage.room, stage.bot.hub
    await refused(seen, hub.mute(room, "alice", reason="I am nobody"))
    await stage.act("max", "sanction", action="mute", subject="bot", reason="Too loud")
    await refused(seen, hub.send(room, "may I?"))
    await stage.act("max", "sanction", action="unmute", subject="bot", reason="Calm again")
    await hub.send(room, "thank you")
    await stage.act("olga", "grant", subject="bot", role="speaker", reason="Well done")
    await stage.act("max", "sanction", action="ban", subject="bot", reason="Enough")
    async with asyncio.timeout(20):
        while not seen.left:
            await asyncio.sleep(0.01)
    await refused(seen, hub.send(room, "hello?"))
    await refused(seen, hub.join(room))
    await refused(seen, hub.join("place/nowhere"))
    await refused(seen, hub.history(room))


async def people(stage: Stage, seen: Seen) -> None:
    room, hub = stage.room, stage.bot.hub
    seen.entries.append(tuple(sorted((one.id, one.kind, one.role) for one in await hub.who(room))))
    await refused(seen, hub.people(hub_of(room), "sanctions"))
    await refused(seen, hub.rooms("nowhere"))
    (mine,) = [card for card in await hub.rooms(hub_of(room)) if card["room"] == room]
    seen.entries.append((mine["seq"], mine["messages"], mine["present"], mine["state"]["mode"], sorted(mine)))
    await refused(seen, hub.who("place/nowhere"))
    seen.entries.append(tuple(await hub.history(room)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """A server for all scenes; each has a hub of its own."""
    async with run_server() as server:
        yield server


@pytest.mark.parametrize("scene", [talk, modes, floor, sanctions, people])
async def test_a_scene_is_the_same_in_a_fake_hub_and_on_a_server(scene: Scene, server: Server) -> None:
    room = f"place-{next(_numbers)}/hall"
    fake = await in_a_fake_hub(scene, room)
    real = await on_a_server(scene, server, room)

    assert fake.refusals == real.refusals
    assert fake.entries == real.entries
    assert fake.rights == real.rights
    assert fake.left == real.left
    assert fake.refusals and ("nothing",) not in fake.refusals
