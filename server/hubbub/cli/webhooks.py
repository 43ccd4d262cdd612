"""`hubbub webhook`: where rooms' entries are sent, made, listed, ended and let go on in the store itself.

Knows their options and how they are shown. A server need not run; one that does sends within seconds.
"""

import asyncio
from typing import Annotated

import typer

from hubbub.cli.faults import Declined, Unusable, told_plainly
from hubbub.cli.hooks import need_room
from hubbub.cli.moments import calendar
from hubbub.cli.options import SOURCE, data_dir_option, flag, redis_url_option
from hubbub.cli.places import RoomArgument
from hubbub.cli.reaching import store_of
from hubbub.cli.words import one_line
from hubbub.domain import entries
from hubbub.domain.refusals import Refused
from hubbub.hooks.addresses import UrlRefused, checked_url
from hubbub.hooks.outgoing import Progress, Webhook, WebhookBook
from hubbub.settings import Settings, read_settings

SECRET_CHARS = 16
"""The least of a secret of one's own: as much as nobody tries out."""

IdArgument = Annotated[str, typer.Argument(help="Its id, as `hubbub webhook list` shows it.")]


def create_webhook(
    room: RoomArgument,
    url: Annotated[str, typer.Argument(help="Where the room's entries are POSTed to.")],
    kinds: Annotated[
        str | None, typer.Option(help="Only these kinds of entries, such as message,mode; else all.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Key of the signature; one is made and printed, unless given.")
    ] = None,
    allow_private_webhooks: Annotated[
        bool | None,
        flag("allow-private-webhooks", "Take http:// and addresses inside, as the server does.", SOURCE),
    ] = None,
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Send what happens in a room to a URL, from now on, and print the key of the signatures."""
    with told_plainly():
        settings = read_settings(
            data_dir=data_dir, redis_url=redis_url, allow_private_webhooks=allow_private_webhooks
        )
        try:
            checked_url(url, settings.allow_private_webhooks)
        except UrlRefused as fault:
            raise Unusable(f"{url}: {fault}.") from None
        if secret is not None and len(secret) < SECRET_CHARS:
            raise Unusable(f"--secret has at least {SECRET_CHARS} characters.")
        webhook = asyncio.run(_create(settings, room, url, secret, _kinds_of(kinds)))
        typer.echo(f"Made the webhook {webhook.id}; its deliveries are signed with this key:", err=True)
        typer.echo(webhook.secret)


def _kinds_of(text: str | None) -> tuple[str, ...]:
    kinds = tuple(kind.strip() for kind in (text or "").split(",") if kind.strip())
    unknown = [kind for kind in kinds if kind not in entries.KINDS]
    if unknown:
        known = ", ".join(sorted(entries.KINDS))
        raise Unusable(f"--kinds: there is no kind {one_line(unknown[0])}; there are {known}.")
    return kinds


async def _create(
    settings: Settings, room: str, url: str, secret: str | None, kinds: tuple[str, ...]
) -> Webhook:
    async with store_of(settings) as store:
        log = await need_room(store, room)
        reading = await log.read(room)
        if reading is None:
            raise Declined("unknown_room", f"There is no room {room}.")
        numbers = reading.numbers
        try:
            return await WebhookBook(store).create(room, url, secret, kinds, numbers.epoch, numbers.seq)
        except Refused as refused:
            raise Declined(refused.refusal.code.value, refused.refusal.reason) from None


def list_webhooks(
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """List all webhooks: id, room, up to which entry, URL, and what is wrong with one."""
    with told_plainly():
        for webhook, progress in asyncio.run(_all(read_settings(data_dir=data_dir, redis_url=redis_url))):
            kinds = f"  [{','.join(webhook.kinds)}]" if webhook.kinds else ""
            typer.echo(
                f"{webhook.id}  {webhook.room}  {progress.seq}  {webhook.url}{kinds}{_state_of(progress)}"
            )


def _state_of(progress: Progress) -> str:
    if progress.disabled is not None:
        return f"  DISABLED: {one_line(progress.disabled)}"
    if progress.failing_since is not None:
        return f"  failing since {calendar(progress.failing_since)}: {one_line(progress.failure or '')}"
    return ""


async def _all(settings: Settings) -> list[tuple[Webhook, Progress]]:
    async with store_of(settings) as store:
        return await WebhookBook(store).all()


def remove_webhook(
    id: IdArgument,
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """End a webhook."""
    with told_plainly():
        asyncio.run(_change(read_settings(data_dir=data_dir, redis_url=redis_url), id, is_end=True))
        typer.echo(f"Removed the webhook {one_line(id)}.")


def enable_webhook(
    id: IdArgument,
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Let a webhook that was disabled go on from the entry where it is."""
    with told_plainly():
        asyncio.run(_change(read_settings(data_dir=data_dir, redis_url=redis_url), id, is_end=False))
        typer.echo(f"Enabled the webhook {one_line(id)}.")


async def _change(settings: Settings, id: str, *, is_end: bool) -> None:
    async with store_of(settings) as store:
        book = WebhookBook(store)
        if not await (book.remove(id) if is_end else book.enable(id)):
            raise Declined("unknown_entry", f"There is no webhook {id}.")
