"""`hubbub hook`: ways in for other programs, made, listed and ended in the store itself.

Knows their options and how they are shown. No server need run; one that does sees what was made.
"""

import asyncio
from typing import Annotated

import typer

from hubbub.cli.faults import Declined, told_plainly
from hubbub.cli.moments import calendar
from hubbub.cli.options import data_dir_option, redis_url_option
from hubbub.cli.places import RoomArgument
from hubbub.cli.reaching import store_of
from hubbub.cli.words import one_line
from hubbub.domain import names
from hubbub.domain.refusals import Refused
from hubbub.hooks.incoming import Hook, HookBook, HookRole
from hubbub.roomlog.client import Store
from hubbub.roomlog.log import Retention, RoomLog
from hubbub.settings import Settings, read_settings


def create_hook(
    room: RoomArgument,
    name: Annotated[str, typer.Option(help="The name its messages are shown with.")],
    role: Annotated[
        HookRole, typer.Option(help="speaker: may write while the room is in announcement mode, too.")
    ] = "participant",
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Make a way in for a program, and print the path that it POSTs to; it is shown only now.

    Whoever has the path may write into the room as that bot. It takes {"text": …} and what GitHub and
    Alertmanager send.
    """
    with told_plainly():
        address, shown = names.room_address("HUB/ROOM", room), names.display_name("--name", name)
        settings = read_settings(data_dir=data_dir, redis_url=redis_url)
        hook, token = asyncio.run(_create(settings, address, shown, role))
        typer.echo(f"Made the hook {hook.id}; it speaks as {hook.identity.id}.", err=True)
        typer.echo(f"/hooks/{token}")


async def _create(settings: Settings, room: str, name: str, role: HookRole) -> tuple[Hook, str]:
    async with store_of(settings) as store:
        await need_room(store, room)
        try:
            return await HookBook(store).create(room, name, role)
        except Refused as refused:
            raise Declined(refused.refusal.code.value, refused.refusal.reason) from None


async def need_room(store: Store, room: str) -> RoomLog:
    """The log of a room that is there; raises Declined."""
    log = RoomLog(store, "cli", True, Retention())
    reading = await log.hub(names.hub_of(room), with_state=False)
    if reading is None or room not in reading.rooms:
        raise Declined("unknown_room", f"There is no room {room}.")
    return log


def list_hooks(
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """List all hooks: id, room, role, since when, name. Nobody can list their paths."""
    with told_plainly():
        for hook in asyncio.run(_all(read_settings(data_dir=data_dir, redis_url=redis_url))):
            made_at = calendar(hook.made_at)
            typer.echo(f"{hook.id}  {hook.room}  {hook.role:11}  {made_at}  {one_line(hook.name)}")


async def _all(settings: Settings) -> list[Hook]:
    async with store_of(settings) as store:
        return await HookBook(store).all()


def remove_hook(
    id: Annotated[str, typer.Argument(help="Its id, as `hubbub hook list` shows it.")],
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """End a hook: its path is worth nothing from now on."""
    with told_plainly():
        asyncio.run(_remove(read_settings(data_dir=data_dir, redis_url=redis_url), id))
        typer.echo(f"Removed the hook {one_line(id)}.")


async def _remove(settings: Settings, id: str) -> None:
    async with store_of(settings) as store:
        if not await HookBook(store).remove(id):
            raise Declined("unknown_entry", f"There is no hook {id}.")
