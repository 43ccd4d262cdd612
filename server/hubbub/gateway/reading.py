"""What is read of rooms and hubs: joins, watches, pages of history, lists of people.

Knows how a reply is put together so that what follows it fits on without a hole. Refuses to know how the
log is read (roomlog) and how a room feeds its readers (room).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hubbub.domain import limits, rights
from hubbub.domain.identity import Credentials
from hubbub.domain.names import hub_of
from hubbub.domain.refusals import Refused
from hubbub.gateway.answers import Answer, fitting, newest, oldest
from hubbub.gateway.ephemera import card_shown, may_see_names
from hubbub.gateway.hub import unknown_room
from hubbub.protocol import frames
from hubbub.protocol.codecs import Codec
from hubbub.roomlog.log import Page

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

FRESH_ATTEMPTS = 5
"""Pages read for one join while switches come in between; then it shows the newer state with the page."""


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
    refusal = rights.ban_refusal(room.address, who)
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
    codec = connection.codec
    if after.epoch == room.tail.epoch and room.tail.first - 1 <= after.seq <= room.tail.head:
        answer = room.answers.resume(codec, room.tail, room.state, after.seq)
    else:
        stands = await room.raw_after(after.seq, after.epoch)
        if stands is None:
            return False
        answer = oldest(codec, room.state, [codec.body(stand.body) for stand in stands], after.seq)
    # From here on nothing waits: what the reply holds and what is pushed after it are one.
    if room.tail.head - after.seq > limits.RESUME_ENTRIES:
        return False
    _enter(room, connection, command, answer, True)
    return True


async def _join_afresh(room: "Room", connection: "GatewayProtocol", command: frames.Join) -> None:
    assert connection.credentials is not None
    if command.limit == 0:
        _enter(room, connection, command, newest(connection.codec, room.state, [], room.tail.head), False)
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
    _enter(room, connection, command, newest(connection.codec, room.state, bodies, page.numbers.seq), False)


def _enter(
    room: "Room", connection: "GatewayProtocol", command: frames.Join, answer: Answer, recovered: bool
) -> None:
    assert connection.credentials is not None
    _refuse_banned(room, connection.credentials)
    who, card = room.rights_of(connection.identity.id, connection.token_role(room.hub.name))
    room.enter(connection, answer.seq, card)
    connection.send(
        frames.Joined(
            ref=command.ref,
            room=room.address,
            state=answer.state,
            role=who.role.word,
            rights=card,
            epoch=room.tail.epoch,
            seq=answer.seq,
            first=room.first,
            recovered=recovered,
            entries=answer.entries,
            present=room.presence.count,
        )
    )
    room.feed(room.subscriptions[connection])


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
    kept = fitting(bodies) if command.after is not None else fitting(bodies[::-1])[::-1]
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


# -- Who is there ---------------------------------------------------------------------------------


def who(room: "Room", connection: "GatewayProtocol", command: frames.Who) -> frames.WhoPage:
    """Who is in a room: names where one may see them, the count always."""
    count = room.presence.count
    if not may_see_names(room, connection):
        return frames.WhoPage(ref=command.ref, room=room.address, count=count, more=False)
    shown, has_more = room.presence.page(command.after or "", limits.PEOPLE_PAGE)
    return frames.WhoPage(
        ref=command.ref,
        room=room.address,
        count=count,
        who=[card_shown(room, card) for card in shown],
        more=shown[-1].identity.id if has_more else False,
    )
