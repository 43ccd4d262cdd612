"""A hub in a real store, and people who act in it the way a node acts for them.

Knows how a command is decided on what the store says now and appended. Refuses to know what should
come of it: each test says that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import redis

from hubbub.domain import decide, entries
from hubbub.domain.decision import Case, Decision, Subject, Target
from hubbub.domain.identity import Identity, Role
from hubbub.domain.state import HubState, ModeWord, RoomState
from hubbub.roomlog import keys
from hubbub.roomlog.batch import Answer, Item
from hubbub.roomlog.log import Numbers, RoomLog
from tests.support.stores import Store

AMINA = Identity("u:amina", "Amina")
BILAL = Identity("u:bilal", "Bilal")
MODERATOR = Identity("u:mo", "Mo")
OWNER = Identity("u:ola", "Ola")
GRANTED = {MODERATOR.id: Role.MODERATOR, OWNER.id: Role.OWNER}

Deciding = Callable[[Case], Decision]
_ids = count(1)


@dataclass(frozen=True)
class Place:
    """A hub whose rooms are `<hub>/<name>`; every act is decided on the newest state."""

    log: RoomLog
    hub: str
    generation: int = 1

    @property
    def agora(self) -> str:
        return f"{self.hub}/agora"

    @property
    def news(self) -> str:
        return f"{self.hub}/news"

    async def made(self, *rooms: tuple[str, ModeWord]) -> Place:
        """Makes the hub with a moderator and an owner, and its rooms."""
        owners = {id: entries.rest(_role(id, role)) for id, role in GRANTED.items()}
        body = entries.rest({"kind": "created", "by": OWNER.card()})
        assert (await self.log.create_hub(self.hub, body, owners))[0] == "made"
        for address, mode in rooms:
            assert (await self.log.create_room(address, created(mode)))[0] == "made"
        return self

    async def numbers(self, address: str) -> Numbers:
        reading = await self.log.read(address)
        assert reading is not None
        return reading.numbers

    async def room(self, address: str) -> RoomState:
        """The room's state as a node loads it."""
        reading = await self.log.read(address, with_state=True)
        assert reading is not None and reading.state is not None
        meta = dict(reading.state.meta)
        made = meta.pop("created")
        bodies = [*meta.values(), *reading.state.floor.values(), *reading.state.sanctions.values()]
        return RoomState.load(address, made, bodies)

    async def case(self, address: str, actor: Identity) -> Case:
        """What a node would decide upon now."""
        hub = await self.log.hub(self.hub)
        assert hub is not None
        state = HubState.load(self.hub, hub.rooms, hub.roles.values(), hub.sanctions.values())
        return Case(hub.now_ms, await self.room(address), state, actor)

    async def item(
        self, address: str, actor: Identity, deciding: Deciding, *, id: str | None = None, **other: Any
    ) -> Item:
        """A command decided now, with the revisions it was decided on; `other` replaces fields of it."""
        decision = deciding(await self.case(address, actor))
        hub = await self.log.hub(self.hub)
        assert hub is not None
        fields: dict[str, Any] = {
            "room": address,
            "author": actor.id,
            "id": id or f"id-{next(_ids)}",
            "rev_by_room": {room: (await self.numbers(room)).rev for room in (address, *decision.reads)},
            "hub_rev": hub.rev,
            "decision": decision,
        }
        return Item(**{**fields, **other})

    async def append(self, *items: Item) -> list[Answer]:
        _, answers = await self.log.append(self.hub, self.generation, items)
        return answers

    async def statuses(self, *items: Item) -> list[str]:
        return [answer.status for answer in await self.append(*items)]

    async def act(self, address: str, actor: Identity, deciding: Deciding, id: str | None = None) -> int:
        """Does something that must succeed; gives the `seq` of its entry."""
        [answer] = await self.append(await self.item(address, actor, deciding, id=id))
        assert answer.status == "ok", answer
        return answer.number

    async def say(
        self, text: str, *, room: str | None = None, who: Identity = AMINA, id: str | None = None
    ) -> int:
        """A message in the agora or in `room`; gives its `seq`."""
        return await self.act(room or self.agora, who, publish(text), id)

    async def removes(self, seq: int, who: Identity = MODERATOR) -> Deciding:
        """The removal of a message of the agora with the edits it has now."""
        target = await self.target(seq)
        assert target is not None
        author = Subject(Identity(target.author_id))
        return lambda case: decide.remove(case, target=target, author=author, seq=seq, reason="hors sujet")

    async def edits(self, seq: int, text: str) -> Deciding:
        """An edit of a message of the agora with the edits it has now."""
        target = await self.target(seq)
        return lambda case: decide.edit(case, target=target, seq=seq, text=text)

    async def target(self, seq: int) -> Target | None:
        [(stand, edits)] = await self.log.targets([(self.agora, seq)])
        if stand is None or stand.kind != entries.MESSAGE:
            return None
        wanted = [(self.agora, int(edit)) for edit in edits.split(b",") if edit]
        found = [entries.decode(edit.body) for edit, _ in await self.log.targets(wanted) if edit is not None]
        return Target(entries.decode(stand.body), edits, tuple(found))

    async def raw(self, address: str | None = None) -> list[entries.Entry]:
        """Every entry that can be read, as it stands in the log."""
        reading = await self.log.read(address or self.agora, after=0)
        assert reading is not None
        return [entries.decode(stand.body) for stand in reading.stands]


def _role(identity_id: str, role: Role) -> dict[str, Any]:
    subject = Identity(identity_id).card()
    return {"kind": "role", "by": OWNER.card(), "subject": subject, "role": role.word, "reason": "start"}


def created(mode: ModeWord = "agora", **settings: Any) -> bytes:
    """What a room is created with, behind its `seq` and `at`."""
    return entries.rest({"kind": "created", "by": OWNER.card(), "mode": mode, **settings})


def publish(text: str = "Bonjour", **more: Any) -> Deciding:
    return lambda case: decide.publish(case, text=text, id="unused", **more)


def react(seq: int, emoji: str = "👍", on: bool = True) -> Deciding:
    return lambda case: decide.react(case, seq=seq, emoji=emoji, on=on)


def switch(mode: ModeWord = "announcement", in_ms: int | None = None) -> Deciding:
    return lambda case: decide.switch_mode(
        case, mode=mode, reason="Talk", until=case.now_ms + in_ms if in_ms is not None else None
    )


def settings(**changes: Any) -> Deciding:
    return lambda case: decide.change_settings(case, changes=changes)


def mute(subject: Identity = AMINA, scope: Any = "room", action: Any = "mute") -> Deciding:
    return lambda case: decide.sanction(
        case, action=action, subject=Subject(subject), scope=scope, reason="spam", until=None
    )


def grant(subject: Identity = AMINA, role: Role = Role.SPEAKER) -> Deciding:
    return lambda case: decide.grant(case, subject=Subject(subject), role=role, reason="merci")


def floor(action: Any, subject: Identity = AMINA) -> Deciding:
    return lambda case: decide.floor(case, action=action, subject=Subject(subject), reason=None)


def everything(store: Store, hub: str) -> dict[str, Any]:
    """All that the store keeps of a hub, by key, except the fence; nothing is written."""
    with redis.Redis.from_url(store.url, socket_timeout=5) as client:
        readers: dict[bytes, Callable[[bytes], Any]] = {
            b"hash": client.hgetall,
            b"stream": client.xrange,
            b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        }
        found = sorted(client.scan_iter(f"hubbub:{{{hub}}}*", count=1_000))
        kept = {key.decode(): readers[client.type(key)](key) for key in found}
    kept.pop(keys.hub_key(hub, "fence"), None)
    return kept
