"""One room on one node: its tail, its state in step with the tail's head, and who reads it here.

Knows how entries come in without a hole, and who may be here. Refuses to know how they go out (fan_out),
commands (judge) and the rules (domain); the hub tells it of its own changes.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hubbub.domain import entries, limits, rights
from hubbub.domain.cards import Named, RightsCard
from hubbub.domain.identity import Credentials
from hubbub.domain.rights import Standing, TokenRole
from hubbub.domain.state import RoomState
from hubbub.gateway.answers import Answers
from hubbub.gateway.fan_out import CATCH_UP_ENTRIES, FanOut
from hubbub.gateway.presence import RoomPresence
from hubbub.gateway.rights_news import RightsNews
from hubbub.gateway.shared_read import CROWD_SECONDS, SharedRead
from hubbub.gateway.subscription import Subscription
from hubbub.gateway.tail import Gap, Tail
from hubbub.gateway.turns import Turn
from hubbub.protocol import frames
from hubbub.protocol.codecs import Codec
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.log import Numbers, Page, Reading
from hubbub.roomlog.stands import Section, Stand

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.hub import Hub


class Room(FanOut):
    """A room as this node serves it; open while somebody holds it, and a little longer.

    Everything that changes it is synchronous, so that between two awaits tail, state and cursors agree.
    """

    def __init__(self, hub: "Hub", address: str, reading: Reading) -> None:
        super().__init__(address, hub.log, hub.node.spawn)
        self.hub: Hub = hub
        self.holders = 0
        self.is_gone = False
        self.idle_since = hub.now()
        self.presence = RoomPresence(hub.node.is_quiet)
        self.typers: dict[str, Named] = {}
        self.shown_count = 0
        self.shown_next_at = 0.0
        self.discussion: Room | None = None
        self.is_returning = False
        self.answers = Answers()
        self.lookouts: set[asyncio.Event] = set()
        self._untold: deque[Subscription] = deque()
        self._is_behind = False
        self._catching_up = SharedRead(self._read_on, CROWD_SECONDS)
        self._page_by_limit: dict[int, SharedRead[Page | None]] = {}
        self._load(reading)

    def _load(self, reading: Reading) -> None:
        assert reading.state is not None
        fields, numbers = reading.state, reading.numbers
        bodies = {*fields.meta.values(), *fields.floor.values(), *fields.sanctions.values()}
        created = fields.meta["created"]
        self.state = RoomState.load(self.address, created, bodies - {created})
        self.state_seq = numbers.seq
        self.tail = Tail(self.address, numbers.epoch, reading.from_seq - 1)
        for stand in reading.stands:
            self.tail.append(stand)
        self.rev = numbers.rev
        self.first = numbers.first
        self.messages = numbers.messages

    # -- Entries coming in -----------------------------------------------------------------------

    def heard(self, section: Section) -> None:
        """Takes what a batch appended; if something is missing before it, the log is read instead."""
        if section.epoch == self.tail.epoch and section.head <= self.tail.head:
            return  # this node's own, as a rule: it was taken from the store's reply
        if section.epoch != self.tail.epoch or section.first_seq > self.tail.head + 1:
            self._ask_to_catch_up()
            return
        self._take(section.stands(), section.head, section.rev, section.messages)

    def take_if_next(self, section: Section) -> None:
        """Takes what this node has appended itself; where others came in between, their envelopes tell."""
        if section.epoch == self.tail.epoch and section.first_seq == self.tail.head + 1:
            self._take(section.stands(), section.head, section.rev, section.messages)

    async def catch_up(self) -> None:
        """Reads what is missing; afterwards the room is at least as new as the store was at the call.

        Raises StoreUnavailable or OutcomeUnknown.
        """
        await self._catching_up.get()

    def _ask_to_catch_up(self) -> None:
        """Catches up soon; once for all that is found missing until then."""
        if not self._is_behind:
            self._is_behind = True
            self.hub.node.spawn(self._catch_up_in_time())

    async def _catch_up_in_time(self) -> None:
        """As `catch_up`; if the store does not answer, the next envelope or check tries again."""
        self._is_behind = False  # what is missing from now on is missed by what is read now
        try:
            await self.catch_up()
        except (StoreUnavailable, OutcomeUnknown):
            self.hub.is_suspect = True

    async def _read_on(self) -> None:
        while True:
            reading = await self.hub.log.read(self.address, after=self.tail.head)
            if reading is None or reading.numbers.epoch != self.tail.epoch:
                await self._begin_anew()
                return
            if reading.from_seq > self.tail.head + 1:
                await self._begin_anew()
                return
            numbers = reading.numbers
            self.first = numbers.first
            self._take(reading.stands, numbers.seq, numbers.rev, numbers.messages)
            if numbers.hub_rev != self.hub.rev:
                await self.hub.refresh()
            if self.tail.head >= numbers.seq:
                return  # else there was more than one reading holds

    async def _begin_anew(self) -> None:
        """The log is another one, or trimmed beyond our head: everybody here joins again."""
        reading = await self.hub.read_room(self.address)
        for subscription in list(self.subscriptions.values()):
            self.expel(subscription, frames.Reset(room=self.address))
        if reading is None:
            self.hub.forget(self)
        else:
            self._load(reading)
            self.hub.room_changed(self)

    def _take(self, stands: Sequence[Stand], upto: int, rev: str, messages: int) -> None:
        changes: list[entries.Entry] = []
        for stand in stands:
            try:
                is_new = self.tail.append(stand)
            except Gap:
                self._ask_to_catch_up()
                break
            if is_new and stand.kind in entries.STATE_KINDS:
                entry = entries.decode(stand.body)
                self.state = self.state.after(entry, stand.body)
                self.state_seq = stand.seq
                changes.append(entry)
        if self.tail.head == upto:
            self.rev, self.messages = rev, messages
        self.feed_all()
        for moved in self.lookouts:
            moved.set()
        if changes:
            self.is_returning = False
            self.hub.room_changed(self)

    # -- People ----------------------------------------------------------------------------------

    def enter(self, connection: "GatewayProtocol", cursor: int, rights_card: RightsCard) -> None:
        """The connection reads this room from `cursor` on, and holds it; an earlier subscription ends."""
        known = self.subscriptions.get(connection)
        if known is not None:
            known.is_open = False
        else:
            self.holders += 1
            self.presence.enter(connection.card_in(self.hub.name))
            self.hub.node.stir(self)
        first = known.first if known is not None else self.tail.head
        self.subscriptions[connection] = Subscription(connection, cursor, first, rights_card)
        connection.rooms[self.address] = self

    def leave(self, connection: "GatewayProtocol") -> None:
        """The connection reads this room no longer; the room may close."""
        subscription = self.subscriptions.pop(connection, None)
        if subscription is None:
            return
        subscription.is_open = False
        connection.rooms.pop(self.address, None)
        self.presence.leave(connection.card_in(self.hub.name))
        self.hub.node.stir(self)
        self.hub.release(self)

    def resume(self, connection: "GatewayProtocol") -> None:
        """A reader reads again: it gets what it has missed."""
        subscription = self.subscriptions.get(connection)
        if subscription is None:
            return
        if subscription.missed_presence:
            subscription.missed_presence = False
            connection.send(frames.Presence(room=self.address, count=self.presence.count))
        RightsNews(self).tell([subscription])
        self.feed(subscription)

    def suspect(self) -> None:
        self.hub.is_suspect = True

    def expel(self, subscription: Subscription, last: frames.Reset | frames.Left) -> None:
        """Takes a reader out of the room with a last word."""
        self.leave(subscription.connection)
        subscription.connection.send(last)

    # -- What follows from the state -------------------------------------------------------------

    def standing_of(self, identity_id: str, token: TokenRole | None) -> Standing:
        return rights.standing(self.state, self.hub.state, identity_id, token, self.hub.node.clock.now_ms())

    def rights_of(self, identity_id: str, token: TokenRole | None) -> tuple[Standing, RightsCard]:
        """Somebody's standing and rights in this room now."""
        who = self.standing_of(identity_id, token)
        discussion = self.discussion
        in_discussion = discussion is not None and rights.may_publish(
            discussion.state, discussion.standing_of(identity_id, token)
        )
        return who, rights.rights_card(self.state, who, in_discussion)

    def refresh_rights(self) -> None:
        """Tells readers whose rights have changed; expels at once who may not read any longer.

        A switch in a big room changes thousands of rights: they are told in turns, the first of them now.
        """
        banned = {id for kind, id in (*self.hub.state.sanctions, *self.state.sanctions) if kind == "ban"}
        if banned:
            readers = list(self.subscriptions.values())
            RightsNews(self).tell(reader for reader in readers if reader.connection.identity.id in banned)
        is_under_way = bool(self._untold)
        self._untold = deque(self.subscriptions.values())
        if not is_under_way:
            self._tell_rights()

    def _tell_rights(self) -> None:
        news, turn = RightsNews(self), Turn()
        try:
            while self._untold:
                news.tell([self._untold.popleft()])
                if turn.must_end():
                    break
        finally:
            if self._untold:
                asyncio.get_running_loop().call_soon(self._tell_rights)

    def next_change_at_ms(self) -> int | None:
        """When rights here change by themselves: a mode or a sanction ends."""
        now_ms = self.hub.node.clock.now_ms()
        sanctions = (*self.state.sanctions.values(), *self.hub.state.sanctions.values())
        times = [self.state.until_ms, *(sanction.until_ms for sanction in sanctions)]
        return min((at for at in times if at is not None and at > now_ms), default=None)

    def is_due(self) -> bool:
        """Whether the mode's `until` has come and no node has returned the room yet."""
        until = self.state.until_ms
        return until is not None and until <= self.hub.node.clock.now_ms()

    def is_as_new_as(self, numbers: Numbers) -> bool:
        """Whether this copy, and the hub's, are what a reply of the store was made on, or newer."""
        is_same = numbers.epoch == self.tail.epoch and numbers.hub_rev == self.hub.rev
        return is_same and numbers.seq <= self.tail.head

    # -- Reading ---------------------------------------------------------------------------------

    async def newest_page(self, limit: int) -> Page | None:
        """The newest entries folded, read once for all who join at the same time."""
        shared = self._page_by_limit.get(limit)
        if shared is None:
            read = partial(self.hub.log.page, self.address, limit, None, None)
            shared = self._page_by_limit[limit] = SharedRead(read)
        return await shared.get()

    async def raw_after(self, after: int, epoch: str) -> list[Stand] | None:
        """What follows `after`, as much as one reply holds; None if it is not all there any more.

        From the tail where that reaches back so far, else from the log. The bodies are at least as new as
        the tail is when this returns: what was removed is not among them.
        """
        if after > self.tail.head or epoch != self.tail.epoch:
            await self.catch_up()
        if epoch == self.tail.epoch and self.tail.first - 1 <= after <= self.tail.head:
            return self.tail.stands(after, self.tail.head)
        stands: list[Stand] = []
        size, as_of = 0, self.tail.head
        while size < limits.REPLY_BYTES:
            at = after + len(stands)
            reading = await self.hub.log.read(self.address, after=at, most=CATCH_UP_ENTRIES)
            if reading is None or reading.numbers.epoch != epoch or reading.from_seq != at + 1:
                return None
            if at > reading.numbers.seq:
                return None
            as_of = min(as_of, reading.numbers.seq)
            stands += reading.stands
            size += sum(len(stand.body) for stand in reading.stands)
            if len(stands) + after >= reading.numbers.seq:
                break
        if stands and stands[-1].seq > self.tail.head:
            await self.catch_up()
        return self.tail.without_removed(stands, as_of) if epoch == self.tail.epoch else None

    async def folded(
        self, stands: Sequence[Stand], as_of: int, reader: Credentials, codec: Codec
    ) -> list[bytes]:
        """Bodies as one reader sees them, in its codec, folded as of `as_of`."""
        tallies = {stand.seq: entries.tally(stand.tally) for stand in stands if stand.tally}
        asked = [(seq, emoji) for seq, tally in tallies.items() for emoji in tally]
        members = [f"{seq}|{emoji}|{reader.identity.id}" for seq, emoji in asked]
        mine: dict[int, list[str]] = {}
        for (seq, emoji), has in zip(
            asked, await self.hub.log.have_reacted(self.address, members), strict=True
        ):
            if has:
                mine.setdefault(seq, []).append(emoji)
        return [
            codec.body(
                entries.folded(stand.body, stand.edit, tallies.get(stand.seq, {}), mine.get(stand.seq, []))
            )
            for stand in self.tail.without_removed(stands, as_of)
        ]
