"""One hub on one node: its roles and sanctions, its open rooms, its watchers, its way to the log.

Knows what crosses the hub's channel and what has to be read again because something was missed. Refuses
to know frames from clients (commands) and the rules (domain).
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from hubbub.domain.identity import Credentials
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import TokenRole, token_role
from hubbub.domain.state import HubState
from hubbub.gateway import presence
from hubbub.gateway.judge import Judge, ReturnToBase
from hubbub.gateway.presence import Card
from hubbub.gateway.room import Room
from hubbub.gateway.shared_read import CROWD_SECONDS, SharedRead
from hubbub.gateway.watchers import Watchers
from hubbub.roomlog import envelope
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.log import HubReading, Reading, RoomLog
from hubbub.roomlog.publisher import Pending, Publisher
from hubbub.roomlog.pulse import Pulse
from hubbub.roomlog.stands import Section

if TYPE_CHECKING:
    from hubbub.gateway.node import Node

log = structlog.get_logger(__name__)

NEWEST_AT_OPENING = 128
"""Entries read when a room is opened: what people who come back within minutes have missed."""

LINGER_SECONDS = 30.0
"""A room or hub that nobody holds stays open that long: people reload pages, scripts poll."""


def unknown_room(address: str) -> Refused:
    return Refused(Refusal(Code.UNKNOWN_ROOM, f"There is no room {address}."))


class Hub:
    """A hub as this node serves it; `is_suspect` asks the next check to read everything on."""

    def __init__(self, node: "Node", name: str) -> None:
        self.node = node
        self.name = name
        self.log = node.log
        self.now = asyncio.get_running_loop().time
        self.state = HubState(name)
        self.rev = ""
        self.batches = -1
        self.rooms: dict[str, Room] = {}
        self._ajar: dict[str, Room] = {}
        self.watchers = Watchers(self)
        self.publisher = Publisher(name, node.log, Judge(self), node.spawn, node.fault, self.now)
        self.is_suspect = False
        self.holders = 0
        self.idle_since = self.now()
        self._opening = asyncio.Lock()
        self._refreshing = SharedRead(self._reload)
        self._cards: dict[str, bytes] = {}
        self._introducing = SharedRead(self._write_cards, CROWD_SECONDS)

    async def begin(self) -> None:
        """Subscribes, and reads the hub after that; raises Refused if there is none."""
        await self.node.subscriber.subscribe(self.name, self)
        if not await self._refreshing.get():
            raise Refused(Refusal(Code.UNKNOWN_ROOM, f"There is no hub {self.name}."))

    # -- What is heard ---------------------------------------------------------------------------

    def heard(self, payload: bytes) -> None:
        """An envelope came on the hub's channel."""
        match envelope.unpack(payload):
            case envelope.Appended(number, sections):
                if self.batches >= 0 and number > self.batches + 1:
                    self.is_suspect = True
                    self.node.spawn(self.check())
                self.batches = max(number, self.batches)
                for section in sections:
                    self._heard_section(section)
            case envelope.Made(room):
                self.watchers.room_made(room)
                self.node.spawn(self.refresh_in_time())
            case envelope.Told() as told if told.node != self.node.name:
                self.node.ephemera.heard(self, told)
            case _:
                pass

    def room_at(self, address: str) -> Room | None:
        """The room that hears what is told of it, if it is open here or about to be."""
        return self.rooms.get(address) or self._ajar.get(address)

    def _heard_section(self, section: Section) -> None:
        room = self.room_at(section.room)
        if room is not None:
            room.heard(section)
        self.watchers.heard(section)
        if section.hub_rev and section.hub_rev != self.rev:
            self.node.spawn(self.refresh_in_time())

    def interrupted(self) -> None:
        """Envelopes may have been missed; called too when a subscription is confirmed the first time."""
        if self.batches >= 0:
            self.is_suspect = True
            self.node.spawn(self.check())

    def keeps_up(self, heard_before: int, pulse: Pulse | None) -> bool:
        """Whether all that the store counts was heard; `heard_before` the store was asked."""
        if self.is_suspect or pulse is None:
            return False
        return heard_before <= pulse.batches <= self.batches and pulse.rev == self.rev

    async def check(self) -> None:
        """Compares with the store, and reads on what was missed."""
        try:
            reading = await self.log.hub(self.name, with_state=False)
            if reading is None:  # the store came back without it
                self.state, self.rev = HubState(self.name), ""
                for room in list(self.rooms.values()):
                    await room.catch_up()
                return
            if reading.batches == self.batches and reading.rev == self.rev and not self.is_suspect:
                return
            self.is_suspect = False
            self.batches = reading.batches
            if reading.rev != self.rev:
                await self.refresh()
            for room in (*self.rooms.values(), *self._ajar.values()):
                await room.catch_up()
                room.feed_all()
            self.watchers.recount()
        except (StoreUnavailable, OutcomeUnknown):
            self.is_suspect = True
        except BaseException:
            self.is_suspect = True
            raise

    # -- The hub's own state ---------------------------------------------------------------------

    async def refresh(self) -> None:
        """Reads roles and sanctions again; whoever's rights change here is told."""
        await self._refreshing.get()

    async def refresh_in_time(self) -> None:
        """As `refresh`; without an answer the next check tries again."""
        try:
            await self.refresh()
        except (StoreUnavailable, OutcomeUnknown):
            self.is_suspect = True

    async def _reload(self) -> bool:
        reading = await self.log.hub(self.name)
        if reading is None:
            return False
        if self.batches < 0:
            self.batches = reading.batches
        is_new = reading.rev != self.rev
        self.state = _state_of(self.name, reading)
        self.rev = reading.rev
        if is_new:
            self.state_changed(self.rooms.values())
        return True

    def room_changed(self, room: Room) -> None:
        """Entries have changed a room's state: its rights, and those of rooms that it discusses."""
        self.node.spawn(self._hold_discussion(room))
        others = [other for other in self.rooms.values() if other.discussion is room]
        self.state_changed([room, *others])
        self.watchers.state_changed(room.address)

    def state_changed(self, rooms: Iterable[Room]) -> None:
        """Rights may have changed in these rooms."""
        for room in list(rooms):
            room.refresh_rights()
            self.node.timetable.put(room, room.next_change_at_ms())
        self.watchers.expel_banned()

    # -- Rooms -----------------------------------------------------------------------------------

    async def open(self, address: str) -> Room:
        """The room, held once more; `release` gives it back. Raises Refused if there is none."""
        room = self.rooms.get(address)
        if room is None:
            async with self._opening:
                room = self.rooms.get(address) or await self._open(address)
        room.holders += 1
        try:
            if room.discussion is None and room.state.discussion is not None:
                await self._hold_discussion(room)
        except BaseException:
            self.release(room)
            raise
        return room

    async def _open(self, address: str) -> Room:
        heard_before = self.batches
        reading = await self.read_room(address)
        if reading is None:
            raise unknown_room(address)
        room = self._ajar[address] = Room(self, address, reading)  # hears already, is not seen yet
        try:
            if self.batches != heard_before:
                await room.catch_up()
            await self.node.ephemera.neighbours.open(room)
        finally:
            del self._ajar[address]
        self.rooms[address] = room
        self.node.timetable.put(room, room.next_change_at_ms() or room.state.until_ms)
        return room

    async def read_room(self, address: str) -> Reading | None:
        """A room's state and newest entries, as of one instant."""
        return await self.log.read(address, newest=NEWEST_AT_OPENING, with_state=True)

    async def _hold_discussion(self, room: Room) -> None:
        """Keeps the room's discussion room open too: rights in the one depend on the other."""
        wanted = room.state.discussion
        known = room.discussion
        if (known.address if known is not None else None) == wanted:
            return
        room.discussion = None
        if known is not None:
            self.release(known)
            room.refresh_rights()
        if wanted is None or wanted == room.address:
            return
        try:
            async with self._opening:
                discussion = self.rooms.get(wanted) or await self._open(wanted)
        except (Refused, StoreUnavailable, OutcomeUnknown):
            return
        self._link(room, discussion)

    def _link(self, room: Room, discussion: Room) -> None:
        is_wanted = room.state.discussion == discussion.address and room.address in self.rooms
        if is_wanted and room.discussion is None:
            discussion.holders += 1
            room.discussion = discussion
            room.refresh_rights()

    def release(self, room: Room) -> None:
        """Gives back what `open` held."""
        room.holders -= 1
        room.idle_since = self.now()

    def forget(self, room: Room) -> None:
        """The room is no longer served here."""
        self.rooms.pop(room.address, None)
        room.is_gone = True
        self.node.timetable.put(room, None)
        if room.discussion is not None:
            self.release(room.discussion)
            room.discussion = None

    def close_idle(self, now: float) -> bool:
        """Closes rooms that nobody has held for a while; True if the hub itself can go."""
        for room in [room for room in self.rooms.values() if not room.holders]:
            if now - room.idle_since > LINGER_SECONDS:
                self.forget(room)
        is_held = bool(self.rooms or self.watchers or self.holders or not self.publisher.is_idle)
        if is_held:
            self.idle_since = now
        return not is_held and now - self.idle_since > LINGER_SECONDS

    # -- Commands --------------------------------------------------------------------------------

    def submit(self, room: Room, pending: Pending) -> None:
        """Takes a command for one of its rooms; a mode that is over is ended first."""
        self.end_due_mode(room)
        self.publisher.submit(pending)

    def end_due_mode(self, room: Room) -> asyncio.Future[None] | None:
        """Returns the room to its base mode if its `until` has come; done when that is settled."""
        if room.is_returning or not room.is_due():
            return None
        room.is_returning = True
        room.holders += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(_: object) -> None:
            room.is_returning = False
            self.release(room)
            if not done.done():
                done.set_result(None)

        self.publisher.submit(
            Pending(
                room=room.address,
                author="system",
                id=ReturnToBase.id_in(room),
                size_bytes=0,
                command=ReturnToBase(),
                settle=settle,
            )
        )
        return done

    def token_role(self, credentials: Credentials) -> TokenRole | None:
        """The role that somebody's token gives here."""
        return token_role(credentials, self.name)

    async def introduce(self, credentials: Credentials) -> None:
        """Writes down who is here with which token, for those who act on them later.

        At every coming, because what counts is the token last presented, at whatever node; one write for
        all who come at the same time.
        """
        card = Card.of(credentials, self.name, is_quiet=False)
        self._cards[credentials.identity.id] = presence.encode(card)
        await self._introducing.get()

    async def _write_cards(self) -> None:
        cards, self._cards = self._cards, {}
        try:
            await self.log.introduce(self.name, cards)
        except BaseException:  # whoever else waits writes them, also if the first one was cancelled
            self._cards = {**cards, **self._cards}
            raise


async def read_hub(log: RoomLog, name: str) -> HubState | None:
    """A hub's state, for one look at it; None if there is no such hub."""
    reading = await log.hub(name)
    return _state_of(name, reading) if reading is not None else None


def _state_of(name: str, reading: HubReading) -> HubState:
    return HubState.load(name, reading.rooms, reading.roles.values(), reading.sanctions.values())
