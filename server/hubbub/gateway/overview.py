"""What is seen of a hub without being in its rooms: the rooms, who has a role, who is under a sanction.

Knows how a watch begins and how lists are put together and paged. Refuses to know what is pushed later
(watchers) and what rooms hold (reading).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from hubbub.domain import entries, limits, rights
from hubbub.domain.fields import RoleWord
from hubbub.domain.identity import Credentials, Role
from hubbub.domain.refusals import Refused
from hubbub.domain.rights import Standing
from hubbub.domain.state import RoomState, Sanction
from hubbub.gateway.hub import Hub
from hubbub.gateway.watchers import state_of
from hubbub.protocol import frames
from hubbub.roomlog.log import Glance

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.node import Node


def admitted(hub: Hub, credentials: Credentials) -> Standing:
    """Somebody's standing in a hub at large; raises Refused if they are banned from it."""
    who = rights.standing(
        None, hub.state, credentials.identity.id, hub.token_role(credentials), hub.node.clock.now_ms()
    )
    refusal = rights.ban_refusal(hub.name, who)
    if refusal is not None:
        raise Refused(refusal)
    return who


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
        connection.watched |= {hub}
    except BaseException:
        if not was_watching:
            hub.watchers.remove(connection)
        raise
    finally:
        hub.holders -= 1
    connection.send(frames.Watching(ref=command.ref, hub=hub.name, role=role, rooms=cards))


async def rooms_of(
    node: "Node", credentials: Credentials, hub: Hub
) -> tuple[RoleWord, list[frames.RoomCard]]:
    """Somebody's role in a hub, and its rooms as far as they may read them."""
    await hub.refresh()
    me = admitted(hub, credentials)
    await hub.introduce(credentials)
    await node.ephemera.write_seen()  # what somebody has just seen is not unread
    return me.role.word, await _cards(node, hub, me.id, sorted(hub.state.rooms))


async def _cards(node: "Node", hub: Hub, identity_id: str, addresses: Sequence[str]) -> list[frames.RoomCard]:
    glances = await hub.log.glances(hub.name, addresses, identity_id)
    now_ms = node.clock.now_ms()
    states: dict[str, tuple[RoomState, int]] = {}
    for address, glance in glances.items():
        ban = Sanction(entries.decode(glance.ban), address) if glance.ban is not None else None
        if ban is None or not ban.is_in_force(now_ms):
            states[address] = await _timely(hub, address, glance, now_ms)
    present = await node.ephemera.neighbours.counts(hub, [room for room in states if room not in hub.rooms])
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


async def people(node: "Node", connection: "GatewayProtocol", command: frames.People) -> None:
    """Who has a role in a hub; for moderators, who is under a sanction there or in its rooms."""
    assert connection.credentials is not None
    hub = await node.hub(command.hub)
    try:
        await hub.refresh()
        me = admitted(hub, connection.credentials)
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


async def _rows(
    node: "Node", hub: Hub, me: Standing, of: Literal["roles", "sanctions"]
) -> list[tuple[str, dict[str, Any]]]:
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
