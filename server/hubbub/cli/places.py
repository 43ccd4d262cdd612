"""`hubbub hub` and `hubbub room create|list`: hubs and rooms, made and listed in the store itself.

Knows what they are made of. No server need run; one that does sees what was made.
"""

import asyncio
from typing import Annotated

import typer

from hubbub.cli.faults import Declined, told_plainly
from hubbub.cli.moments import calendar
from hubbub.cli.options import data_dir_option, redis_url_option
from hubbub.cli.reaching import OPERATOR, room_log_of
from hubbub.cli.words import one_line
from hubbub.domain import entries, names
from hubbub.domain.identity import Identity
from hubbub.domain.state import ModeWord, RoomState
from hubbub.roomlog.log import Glance, RoomLog
from hubbub.settings import Settings, read_settings

ROOMS_AT_ONCE = 64
"""Rooms looked at in one write to the store."""

RoomArgument = Annotated[str, typer.Argument(metavar="HUB/ROOM", help="Address of the room.")]


def create_hub(
    name: Annotated[str, typer.Argument(help="Its name: a-z, 0-9 and -.")],
    owner: Annotated[list[str], typer.Option(metavar="ID", help="Id of an owner (sub); repeatable.")],
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Make a hub with its first owners, who may make rooms and name moderators."""
    with told_plainly():
        hub = names.hub_name("NAME", name)
        owners = [Identity.unseen(names.subject_id("--owner", one)) for one in owner]
        asyncio.run(_create_hub(read_settings(data_dir=data_dir, redis_url=redis_url), hub, owners))
        typer.echo(f"Made the hub {hub}.")


async def _create_hub(settings: Settings, hub: str, owners: list[Identity]) -> None:
    common = {"by": OPERATOR.card()}
    granted = {"kind": entries.ROLE, **common, "role": "owner", "reason": "The hub was made."}
    bodies = {one.id: entries.rest({**granted, "subject": one.card()}) for one in owners}
    async with room_log_of(settings) as log:
        change, _ = await log.create_hub(hub, entries.rest({"kind": "created", **common}), bodies)
    if change == "exists":
        raise Declined("exists", f"There is a hub {hub} already.")


def list_hubs(
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """List all hubs, a name a line."""
    with told_plainly():
        for hub in asyncio.run(_hubs(read_settings(data_dir=data_dir, redis_url=redis_url))):
            typer.echo(hub)


async def _hubs(settings: Settings) -> list[str]:
    async with room_log_of(settings) as log:
        return await log.hubs()


def create_room(
    room: RoomArgument,
    title: Annotated[
        str | None, typer.Option(help="Its title, instead of the last part of its address.")
    ] = None,
    mode: Annotated[
        ModeWord, typer.Option(help="agora: everybody writes; announcement: speakers write, all read.")
    ] = "agora",
    topic: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    discussion: Annotated[
        str | None,
        typer.Option(metavar="HUB/ROOM", help="Room of the same hub where its announcements are answered."),
    ] = None,
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Make a room in a hub that is there."""
    with told_plainly():
        address = names.room_address("HUB/ROOM", room)
        fields = {"kind": "created", "by": OPERATOR.card(), "mode": mode}
        fields["title"] = names.display_name("--title", title or address.partition("/")[2])
        if topic:
            fields["topic"] = names.topic_or_unset("--topic", topic)
        if discussion:
            fields["discussion"] = names.room_address("--discussion", discussion)
        settings = read_settings(data_dir=data_dir, redis_url=redis_url)
        asyncio.run(_create_room(settings, address, entries.rest(fields), discussion))
        typer.echo(f"Made the room {address}.")


async def _create_room(settings: Settings, address: str, body: bytes, discussion: str | None) -> None:
    hub = names.hub_of(address)
    async with room_log_of(settings) as log:
        if discussion is not None and discussion not in await _rooms_of(log, hub):
            raise Declined("unknown_room", f"There is no room {discussion} in the hub {hub}.")
        change, _ = await log.create_room(address, body)
    if change == "missing":
        raise Declined("unknown_room", f"There is no hub {hub}: hubbub hub create {hub} --owner ID makes it.")
    if change == "exists":
        raise Declined("exists", f"There is a room {address} already.")


def list_rooms(
    hub: Annotated[str, typer.Argument(help="Name of the hub.")],
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """List the rooms of a hub: address, mode, how many messages, title."""
    with told_plainly():
        settings = read_settings(data_dir=data_dir, redis_url=redis_url)
        glances = asyncio.run(_glances(settings, names.hub_name("HUB", hub)))
        width = max(map(len, glances), default=0)
        for address, glance in glances.items():
            typer.echo(f"{address:{width}}  {_outline(address, glance)}")


async def _glances(settings: Settings, hub: str) -> dict[str, Glance]:
    async with room_log_of(settings) as log:
        addresses = sorted(await _rooms_of(log, hub))
        glances: dict[str, Glance] = {}
        for start in range(0, len(addresses), ROOMS_AT_ONCE):
            glances |= await log.glances(hub, addresses[start : start + ROOMS_AT_ONCE], None)
    return glances


async def _rooms_of(log: RoomLog, hub: str) -> frozenset[str]:
    reading = await log.hub(hub, with_state=False)
    if reading is None:
        raise Declined("unknown_room", f"There is no hub {hub}.")
    return reading.rooms


def _outline(address: str, glance: Glance) -> str:
    created = glance.meta["created"]
    room = RoomState.load(address, created, set(glance.meta.values()) - {created})
    until_ms = room.until_ms
    if until_ms is not None and until_ms <= glance.numbers.now_ms:
        mode, until_ms = room.base_mode, None  # due, though no server was there to write it down
    else:
        mode = room.mode
    until = f"  (until {calendar(until_ms)})" if until_ms is not None else ""
    return f"{mode:12}  {glance.numbers.messages:>7} messages  {one_line(room.title or '')}{until}"
