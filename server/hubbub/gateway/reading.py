"""What is read of rooms and hubs: joins, watches, pages of history, lists of people.

Knows how a reply is put together so that what follows it fits on without a hole. Refuses to know how the
log is read (roomlog) and how a room feeds its readers (room).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hubbub.domain import entries, limits, rights
from hubbub.domain.identity import Credentials, Role
from hubbub.domain.names import hub_of
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import Standing
from hubbub.domain.state import RoomState, Sanction
from hubbub.gateway.ephemera import card_shown, may_see_names
from hubbub.gateway.hub import Hub, unknown_room
from hubbub.gateway.watchers import state_of
from hubbub.protocol import frames
from hubbub.protocol.codecs import Codec
from hubbub.roomlog.log import Glance, Page

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

FRESH_ATTEMPTS = 5
"""Pages read for one join while switches come in between; then it shows the newer state with the page."""

REPLY_MARGIN_BYTES = 2_048
"""Of a reply's bytes left for what is not an entry."""


async def held_room(node: "Node", credentials: Credentials, address: str) -> "Room":
    """The room, held, for somebody who is written down as having been there; raises Refused."""
    hub = await node.hub(hub_of(address))
    try:
        room = await hub.open(address)
    finally:
        hub.holders -= 1
    try:
        await hub.introduce(credentials)
    except BaseException:
        hub.release(room)
        raise
    return room


async def readable_room(node: "Node", credentials: Credentials, address: str) -> "Room":
    """The room, held, as the store has it now, and readable; raises Refused."""
    room = await held_room(node, credentials, address)
    try:
        await room.catch_up()  # one reading of the store for all who come at the same time
        done = room.hub.end_due_mode(room)
        if done is not None:
            await done
            await room.catch_up()
        if room.is_gone:
            raise unknown_room(address)
        _refuse_banned(room, credentials)
    except BaseException:
        room.hub.release(room)
        raise
    return room


def _refuse_banned(room: "Room", credentials: Credentials) -> None:
    who = room.standing_of(credentials.identity.id, room.hub.token_role(credentials))
    refusal = rights.ban_refusal(room.state, who)
    if refusal is not None:
        raise Refused(refusal)


# -- Joins -----------------------------------------------------------------------------------------


async def join(node: "Node", connection: "GatewayProtocol", command: frames.Join) -> None:
    """Puts a connection into a room, afresh or from where it was."""
    assert connection.credentials is not None
    room = await readable_room(node, connection.credentials, command.room)
    earlier = room.subscriptions.get(connection)
    if earlier is not None:
        earlier.is_held = True  # what the reply will hold is not pushed before it too
    try:
        recovered = command.after is not None and await _resume(room, connection, command, command.after)
        if not recovered:
            await _join_afresh(room, connection, command)
    finally:
        room.hub.release(room)
        if earlier is not None and earlier.is_open:  # the join was refused, one is still where one was
            earlier.is_held = False
            room.feed(earlier)


async def _resume(
    room: "Room", connection: "GatewayProtocol", command: frames.Join, after: frames.Position
) -> bool:
    stands = await room.raw_after(after.seq, after.epoch)
    # From here to `_enter` nothing waits: what the reply holds and what is pushed after it are one.
    if stands is None or room.tail.head - after.seq > limits.RESUME_ENTRIES:
        return False
    kept = _fitting([connection.codec.body(stand.body) for stand in stands], room.state.card())
    _enter(room, connection, command, after.seq + len(kept), True, kept)
    return True


async def _join_afresh(room: "Room", connection: "GatewayProtocol", command: frames.Join) -> None:
    assert connection.credentials is not None
    if command.limit == 0:
        _enter(room, connection, command, room.tail.head, False, [])
        return
    attempts = 0
    while True:
        page = await room.newest_page(command.limit)
        if page is None:
            raise unknown_room(room.address)
        if not room.is_as_new_as(page.numbers):
            await room.catch_up()
        bodies = await room.folded(page.stands, page.numbers.seq, connection.credentials, connection.codec)
        # What the page shows and the state beside it are of one instant, unless switches never cease.
        attempts += 1
        is_same_log = page.numbers.epoch == room.tail.epoch and page.numbers.seq <= room.tail.head
        if is_same_log and (room.state_seq <= page.numbers.seq or attempts >= FRESH_ATTEMPTS):
            break
    room.first = page.numbers.first
    kept = _fitting(bodies[::-1], room.state.card())[::-1]
    _enter(room, connection, command, page.numbers.seq, False, kept)


def _enter(
    room: "Room",
    connection: "GatewayProtocol",
    command: frames.Join,
    cursor: int,
    recovered: bool,
    bodies: Sequence[bytes],
) -> None:
    assert connection.credentials is not None
    _refuse_banned(room, connection.credentials)
    who, card = room.rights_of(connection.identity.id, connection.token_role(room.hub.name))
    room.enter(connection, cursor, card)
    connection.send(
        frames.Joined(
            ref=command.ref,
            room=room.address,
            state=room.state.card(),
            role=who.role.word,
            rights=card,
            epoch=room.tail.epoch,
            seq=cursor,
            first=room.first,
            recovered=recovered,
            entries=[msgspec.Raw(body) for body in bodies],
            present=room.presence.count,
        )
    )
    room.feed(room.subscriptions[connection])


def _fitting(bodies: Sequence[bytes], besides: Mapping[str, Any] | None = None) -> list[bytes]:
    """As many of the bodies, from the first, as one reply may hold beside the rest; at least one."""
    kept: list[bytes] = []
    left = limits.REPLY_BYTES - REPLY_MARGIN_BYTES - len(entries.encode(besides or {}))
    for body in bodies:
        left -= len(body) + 1
        if left < 0 and kept:
            break
        kept.append(body)
    return kept


# -- History ---------------------------------------------------------------------------------------


async def history(
    node: "Node", credentials: Credentials, command: frames.History, codec: Codec
) -> frames.HistoryPage:
    """A page of a room's log, folded as of its head."""
    room = await readable_room(node, credentials, command.room)
    try:
        page = await room.hub.log.page(command.room, command.limit, command.before, command.after)
        if page is None:
            raise unknown_room(command.room)
        if not room.is_as_new_as(page.numbers):
            await room.catch_up()
            _refuse_banned(room, credentials)
        bodies = await room.folded(page.stands, page.numbers.seq, credentials, codec)
    finally:
        room.hub.release(room)
    kept = _fitting(bodies) if command.after is not None else _fitting(bodies[::-1])[::-1]
    return _history_page(command, page, kept, len(kept) < len(bodies))


def _history_page(
    command: frames.History, page: Page, bodies: Sequence[bytes], is_cut: bool
) -> frames.HistoryPage:
    return frames.HistoryPage(
        ref=command.ref,
        room=command.room,
        epoch=page.numbers.epoch,
        as_of=page.numbers.seq,
        first=page.numbers.first,
        entries=[msgspec.Raw(body) for body in bodies],
        more=page.more or is_cut,
    )


# -- Hubs ------------------------------------------------------------------------------------------


async def watch(node: "Node", connection: "GatewayProtocol", command: frames.Watch) -> None:
    """Tells the rooms of a hub, and from now on what moves in them."""
    assert connection.credentials is not None
    hub = await node.hub(command.hub)
    was_watching = hub in connection.watched
    if not was_watching:  # what moves from now on is told, once it is known what may be read
        hub.watchers.add(connection, set(hub.state.rooms))
    try:
        role, cards = await rooms_of(node, connection.credentials, hub)
        hub.watchers.add(connection, set(hub.state.rooms - {card.room for card in cards}))
        connection.watched.add(hub)
    except BaseException:
        if not was_watching:
            hub.watchers.remove(connection)
        raise
    finally:
        hub.holders -= 1
    connection.send(frames.Watching(ref=command.ref, hub=hub.name, role=role, rooms=cards))


async def rooms_of(node: "Node", credentials: Credentials, hub: Hub) -> tuple[str, list[frames.RoomCard]]:
    """Somebody's role in a hub, and its rooms as far as they may read them."""
    await hub.refresh()
    id, token = credentials.identity.id, hub.token_role(credentials)
    ban = hub.state.sanctions.get(("ban", id))
    now_ms = node.clock.now_ms()
    if ban is not None and ban.is_in_force(now_ms):
        raise Refused(
            Refusal(Code.BANNED, f"You are banned from {hub.name}: {ban.entry['reason']}", ban.rule)
        )
    await hub.introduce(credentials)
    cards = await _cards(node, hub, id, sorted(hub.state.rooms))
    return rights.role_of(hub.state, id, token, now_ms).word, cards


async def _cards(node: "Node", hub: Hub, identity_id: str, addresses: Sequence[str]) -> list[frames.RoomCard]:
    glances = await hub.log.glances(hub.name, addresses, identity_id)
    now_ms = node.clock.now_ms()
    states: dict[str, tuple[RoomState, int]] = {}
    for address, glance in glances.items():
        ban = Sanction(entries.decode(glance.ban), address) if glance.ban is not None else None
        if ban is None or not ban.is_in_force(now_ms):
            states[address] = await _timely(hub, address, glance, now_ms)
    present = await node.ephemera.counts([room for room in states if room not in hub.rooms])
    return [
        frames.RoomCard(
            room=address,
            state=state.card(with_floor=False),
            seq=seq,
            present=hub.rooms[address].presence.count if address in hub.rooms else present.get(address, 0),
            messages=glances[address].unread,
            seen=glances[address].seen,
        )
        for address, (state, seq) in states.items()
    ]


async def _timely(hub: Hub, address: str, glance: Glance, now_ms: int) -> tuple[RoomState, int]:
    """A room's state and head; if its mode was due to end, those after that was done."""
    state = state_of(address, glance)
    if state.until_ms is None or state.until_ms > now_ms:
        return state, glance.numbers.seq
    room = await hub.open(address)
    try:
        done = hub.end_due_mode(room)
        if done is not None:
            await done
        await room.catch_up()
        return room.state, room.tail.head
    finally:
        hub.release(room)


# -- People ----------------------------------------------------------------------------------------


def who(room: "Room", connection: "GatewayProtocol", command: frames.Who) -> frames.WhoPage:
    """Who is in a room: names where one may see them, the count always."""
    count = room.presence.count
    if not may_see_names(room, connection):
        return frames.WhoPage(ref=command.ref, room=room.address, count=count, more=False)
    cards = room.presence.everybody
    ids = sorted(id for id, card in cards.items() if not card.is_quiet and id > (command.after or ""))
    shown = ids[: limits.PEOPLE_PAGE]
    return frames.WhoPage(
        ref=command.ref,
        room=room.address,
        count=count,
        who=[card_shown(room, cards[id]) for id in shown],
        more=shown[-1] if len(ids) > len(shown) else False,
    )


async def people(node: "Node", connection: "GatewayProtocol", command: frames.People) -> None:
    """Who has a role in a hub; for moderators, who is under a sanction there or in its rooms."""
    assert connection.credentials is not None
    hub = await node.hub(command.hub)
    try:
        await hub.refresh()
        me = Standing(
            connection.identity.id,
            rights.role_of(
                hub.state, connection.identity.id, hub.token_role(connection.credentials), node.clock.now_ms()
            ),
            _ban_in(hub, connection.identity.id, node.clock.now_ms()),
            None,
            None,
        )
        rows = await _rows(node, hub, me, command.of)
    finally:
        hub.holders -= 1
    later = [
        (place, row) for place, row in sorted(rows, key=lambda pair: pair[0]) if place > (command.after or "")
    ]
    shown = later[: limits.PEOPLE_PAGE]
    connection.send(
        frames.PeoplePage(
            ref=command.ref,
            hub=hub.name,
            of=command.of,
            people=[row for _, row in shown],
            more=shown[-1][0] if len(later) > len(shown) else False,
        )
    )


def _ban_in(hub: Hub, identity_id: str, now_ms: int) -> Sanction | None:
    ban = hub.state.sanctions.get(("ban", identity_id))
    return ban if ban is not None and ban.is_in_force(now_ms) else None


async def _rows(
    node: "Node", hub: Hub, me: Standing, of: Literal["roles", "sanctions"]
) -> list[tuple[str, dict[str, Any]]]:
    if me.ban is not None:
        raise Refused(Refusal(Code.BANNED, f"You are banned from {hub.name}.", me.ban.rule))
    if of == "roles":
        return [
            (id, {**grant.entry["subject"], "role": grant.role.word})
            for id, grant in hub.state.grants.items()
            if grant.role > Role.PARTICIPANT
        ]
    refusal = rights.role_refusal(me, Role.MODERATOR, "Listing sanctions")
    if refusal is not None:
        raise Refused(refusal)
    found = await hub.log.room_sanctions(sorted(hub.state.rooms))
    sanctions = [Sanction(entries.decode(body), room) for room, body in found]
    return [
        (f"{sanction.room} {sanction.entry['seq']:016}", _sanction_row(sanction))
        for sanction in (*hub.state.sanctions.values(), *sanctions)
        if sanction.is_in_force(node.clock.now_ms())
    ]


def _sanction_row(sanction: Sanction) -> dict[str, Any]:
    entry = sanction.entry
    shown = {
        name: entry[name]
        for name in ("action", "scope", "reason", "until", "by", "at", "seq")
        if name in entry
    }
    return {**entry["subject"], **shown, "room": sanction.room}
