"""Who watches a hub: told what moved, once, and nothing of rooms they may not read."""

from collections.abc import Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from hubbub.domain import entries
from hubbub.domain.identity import Credentials, Identity
from hubbub.domain.state import HubState, Sanction
from hubbub.gateway import overview, turns
from hubbub.gateway.watchers import Watchers
from hubbub.protocol import frames
from hubbub.protocol.codecs import JSON
from hubbub.roomlog.client import StoreUnavailable
from hubbub.roomlog.log import Glance, Numbers
from hubbub.roomlog.stands import Section
from tests.unit.gateway.fake_reader import payloads

BY = {"id": "u:owner", "kind": "person"}
ROOM = "place/agora"
CREATED = entries.encode({"seq": 0, "at": 1, "kind": "created", "by": BY, "mode": "agora"})
SWITCH = entries.encode(
    {"seq": 1, "at": 2, "kind": "mode", "by": BY, "mode": "announcement", "previous": "agora", "reason": "r"}
)


class FakeWatcher:
    """Keeps what it is sent."""

    def __init__(self, name: str) -> None:
        self.identity = Identity(f"u:{name}", name)
        self.codec = JSON
        self.is_writable = True
        self.watched: frozenset[Any] = frozenset()
        self.sent: list[Any] = []

    def send(self, frame: Any) -> None:
        self.sent.append(frame)

    def write(self, ready: bytes) -> None:
        pushes = frames.Heads | frames.RoomChanged
        self.sent += [msgspec.json.decode(payload, type=pushes) for payload in payloads(ready)]

    def token_role(self, hub: str) -> None:
        return None

    @property
    def heads(self) -> list[dict[str, frames.Head]]:
        return [frame.rooms for frame in self.sent if isinstance(frame, frames.Heads)]

    @property
    def modes(self) -> list[tuple[str, str]]:
        return [(f.room, f.state["mode"]) for f in self.sent if isinstance(f, frames.RoomChanged)]


class FakeHub:
    """A hub whose rooms are not open here: what is known of them is glanced at in the store."""

    def __init__(self) -> None:
        self.name = "place"
        self.log = self
        self.rooms: dict[str, Any] = {}
        self.state = HubState("place")
        self.node = SimpleNamespace(clock=SimpleNamespace(now_ms=lambda: 1_000))
        self.is_away = False
        self.while_glancing: Callable[[], None] = lambda: None
        self.glanced: list[str] = []

    async def glances(self, hub: str, addresses: Sequence[str], identity: str | None) -> dict[str, Glance]:
        if self.is_away:
            raise StoreUnavailable("away")
        self.glanced += addresses
        self.while_glancing()
        numbers = Numbers(1, "k3", 1, 1, "k3 2", "k3 1", 0)
        meta = {"created": CREATED, "mode": SWITCH}
        return {address: Glance(numbers, meta, None, 0, None) for address in addresses}


def section(first: int, *kinds: str, room: str = ROOM, rev: str = "k3 1") -> Section:
    return Section(room, "k3", first, rev, "k3 1", 0, [kind.encode() for kind in kinds], [b"{}"] * len(kinds))


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def watchers(hub: FakeHub) -> Watchers:
    return Watchers(cast(Any, hub))


def watcher(watchers: Watchers, name: str = "Amina", hidden: set[str] | None = None) -> FakeWatcher:
    added = FakeWatcher(name)
    watchers.add(cast(Any, added), hidden or set())
    return added


async def test_a_watcher_is_told_the_newest_head_and_how_many_messages_came(watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.heard(section(1, "message", "reaction"))
    watchers.heard(section(3, "message"))
    await watchers.tell()
    assert amina.heads == [{ROOM: frames.Head(3, 2)}]


async def test_what_was_told_is_not_told_again(watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.heard(section(1, "message"))
    await watchers.tell()
    await watchers.tell()
    assert len(amina.heads) == 1


async def test_a_watcher_is_not_told_of_a_room_hidden_from_it(watchers: Watchers) -> None:
    amina = watcher(watchers, hidden={ROOM})
    watchers.heard(section(1, "message"))
    watchers.state_changed(ROOM)
    await watchers.tell()
    assert amina.sent == []


async def test_a_room_that_was_made_is_shown(watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.room_made("place/new")
    await watchers.tell()
    assert [room for room, _ in amina.modes] == ["place/new"]


async def test_the_first_entry_that_is_heard_of_a_closed_room_may_be_a_switch(watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.heard(section(1, "mode", rev="k3 2"))
    await watchers.tell()
    assert amina.modes == [(ROOM, "announcement")]


async def test_messages_alone_do_not_show_a_room_again(watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.heard(section(1, "message"))
    watchers.heard(section(2, "message"))
    await watchers.tell()
    assert amina.modes == []


async def test_a_change_while_the_store_is_asked_is_told_the_next_time(
    hub: FakeHub, watchers: Watchers
) -> None:
    amina = watcher(watchers)
    watchers.room_made("place/one")
    hub.while_glancing = lambda: watchers.room_made("place/two")
    await watchers.tell()
    hub.while_glancing = lambda: None
    await watchers.tell()
    assert [room for room, _ in amina.modes] == ["place/one", "place/two"]


async def test_what_could_not_be_told_waits_for_the_store(hub: FakeHub, watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.heard(section(1, "message"))
    watchers.room_made("place/new")
    hub.is_away = True
    with pytest.raises(StoreUnavailable):
        await watchers.tell()
    hub.is_away = False
    await watchers.tell()
    assert amina.heads == [{ROOM: frames.Head(1, 1)}]
    assert [room for room, _ in amina.modes] == ["place/new"]


async def test_without_watchers_nothing_is_kept(hub: FakeHub, watchers: Watchers) -> None:
    amina = watcher(watchers)
    watchers.heard(section(1, "message"))
    watchers.remove(cast(Any, amina))
    watchers.heard(section(2, "message"))
    boris = watcher(watchers, "Boris")
    await watchers.tell()
    assert boris.sent == []
    assert not hub.glanced


async def test_who_does_not_read_now_is_not_written_to(watchers: Watchers) -> None:
    amina, boris = watcher(watchers), watcher(watchers, "Boris")
    amina.is_writable = False
    watchers.heard(section(1, "message"))
    await watchers.tell()
    assert (len(amina.sent), len(boris.sent)) == (0, 1)


async def test_who_is_banned_from_a_room_while_others_are_told_is_not_told_of_it(
    hub: FakeHub, watchers: Watchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    amina, boris = watcher(watchers), watcher(watchers, "Boris")

    def ban_boris(_: bytes) -> None:
        ban = Sanction({"reason": "r"}, ROOM)
        room = SimpleNamespace(state=SimpleNamespace(sanctions={("ban", "u:Boris"): ban}))
        room.standing_of = lambda id, token: SimpleNamespace(ban=ban if id == "u:Boris" else None)
        hub.rooms[ROOM] = room

    cast(Any, amina).write = ban_boris
    watchers.heard(section(1, "message"))
    await watchers.tell()
    assert boris.sent == []


async def test_who_is_banned_from_the_hub_watches_no_longer(hub: FakeHub, watchers: Watchers) -> None:
    amina, boris = watcher(watchers), watcher(watchers, "Boris")
    amina.watched |= {hub}
    hub.state = HubState("place", sanctions={("ban", "u:Amina"): Sanction({"reason": "r"}, ROOM)})
    watchers.expel_banned()
    watchers.heard(section(1, "message"))
    await watchers.tell()
    assert amina.sent == []
    assert amina.watched == frozenset()
    assert len(boris.heads) == 1


class FakeAsker(FakeWatcher):
    """A watcher that asks for it, with a token without roles."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.credentials = Credentials(self.identity, {}, 1 << 50)


class FakeNode:
    """A node with one hub, which is read again for each watch."""

    def __init__(self, hub: FakeHub, refresh: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def introduce(credentials: Credentials) -> None:
            pass

        self._hub = hub
        self.clock = hub.node.clock
        self.ephemera = SimpleNamespace(write_seen=self.write_seen, neighbours=self)
        asked = cast(Any, hub)
        asked.holders, asked.refresh, asked.introduce = 0, refresh, introduce
        asked.token_role = lambda credentials: None

    async def hub(self, name: str) -> FakeHub:
        return self._hub

    async def counts(self, hub: FakeHub, rooms: list[str]) -> dict[str, int]:
        return dict.fromkeys(rooms, 0)

    async def write_seen(self) -> None:
        pass


async def test_nothing_is_told_until_it_is_known_what_may_be_read(hub: FakeHub, watchers: Watchers) -> None:
    amina = FakeAsker("Amina")
    hub.state = HubState("place", frozenset({ROOM}))
    cast(Any, hub).watchers = watchers

    async def something_moves_and_is_told() -> None:
        watchers.heard(section(1, "message"))
        await watchers.tell()
        assert amina.sent == []

    node = FakeNode(hub, something_moves_and_is_told)
    await overview.watch(cast(Any, node), cast(Any, amina), frames.Watch(ref=1, hub="place"))
    watchers.heard(section(2, "message"))
    await watchers.tell()
    assert amina.heads == [{ROOM: frames.Head(2, 1)}]


async def test_a_second_watch_that_fails_shows_nothing_that_was_hidden(
    hub: FakeHub, watchers: Watchers
) -> None:
    amina = FakeAsker("Amina")
    hub.state = HubState("place", frozenset({ROOM}))
    cast(Any, hub).watchers = watchers
    watchers.add(cast(Any, amina), {ROOM})
    amina.watched |= {hub}

    async def is_away() -> None:
        raise StoreUnavailable("away")

    node = FakeNode(hub, is_away)
    with pytest.raises(StoreUnavailable):
        await overview.watch(cast(Any, node), cast(Any, amina), frames.Watch(ref=1, hub="place"))
    watchers.heard(section(1, "message"))
    await watchers.tell()
    assert amina.sent == []
