"""`hubbub say`, `hubbub room mode` and `hubbub room settings`: one act in a room of a running server.

Knows how the acts are written on a command line. Refuses to know who may do them: the server says, and
the act stands in the room's log like everybody else's.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated, Any

import typer

from hubbub.cli.faults import Unusable, told_plainly
from hubbub.cli.moments import in_ms, until_of
from hubbub.cli.options import data_dir_option, redis_url_option, secret_option, token_option, url_option
from hubbub.cli.places import RoomArgument
from hubbub.cli.visiting import act, visit
from hubbub.cli.wire import Frame
from hubbub.domain import limits, names
from hubbub.domain.state import ModeWord

DEFAULT_URL = "http://127.0.0.1:8000"

Url = Annotated[str, url_option()]
Token = Annotated[str | None, token_option()]
Secret = Annotated[str | None, secret_option()]
DataDir = Annotated[str | None, data_dir_option()]
RedisUrl = Annotated[str | None, redis_url_option()]
ShownAs = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Name to be shown; without the server's secret, a guest's."),
]


def say(
    room: RoomArgument,
    text: Annotated[str, typer.Argument(help="The message.")],
    shown_as: ShownAs = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    secret: Secret = None,
    data_dir: DataDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Write a message into a room, and print its number (seq)."""
    with told_plainly():
        names.message_text("TEXT", text)
        message = {"t": "publish", "text": text}
        source = {"secret": secret, "data_dir": data_dir, "redis_url": redis_url}
        typer.echo(_done(url, room, lambda _: message, token=token, shown_as=shown_as, **source)["seq"])


def switch_mode(
    room: RoomArgument,
    mode: Annotated[ModeWord, typer.Argument(help="announcement: speakers write; agora: everybody writes.")],
    reason: Annotated[str, typer.Option(help="Why; everybody in the room reads it.")],
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the room goes back: +30m, +2h, or 2026-12-24T18:00."),
    ] = None,
    shown_as: ShownAs = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    secret: Secret = None,
    data_dir: DataDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Switch a room between broadcast-only and open discussion, now or until a time."""
    with told_plainly():
        switch = {"t": "mode", "mode": mode, "reason": names.reason("--reason", reason)}
        moment = None if until is None else until_of(until)

        def command(now_ms: int) -> dict[str, Any]:
            return switch if moment is None else {**switch, "until": in_ms(moment, now_ms)}

        source = {"secret": secret, "data_dir": data_dir, "redis_url": redis_url}
        ack = _done(url, room, command, token=token, shown_as=shown_as, **source)
        typer.echo(f"{room} is in mode {mode} (entry {ack['seq']}).")


def change_settings(
    room: RoomArgument,
    title: Annotated[str | None, typer.Option(help="New title.")] = None,
    topic: Annotated[str | None, typer.Option(help="New topic; '' for none.")] = None,
    discussion: Annotated[
        str | None, typer.Option(metavar="HUB/ROOM", help="Where announcements are answered; '' for nowhere.")
    ] = None,
    slow_ms: Annotated[
        int | None,
        typer.Option(min=0, max=limits.SLOW_MS_MAX, help="Least time between two messages of one author."),
    ] = None,
    shown_as: ShownAs = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    secret: Secret = None,
    data_dir: DataDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Change a room's title, topic, discussion room or slow mode; what is not given stays."""
    with told_plainly():
        given = {"title": title, "topic": topic, "discussion": discussion, "slow_ms": slow_ms}
        changes = {name: new for name, new in given.items() if new is not None}
        if not changes:
            raise Unusable("Nothing to change: give --title, --topic, --discussion or --slow-ms.")
        source = {"secret": secret, "data_dir": data_dir, "redis_url": redis_url}
        command = {"t": "settings", **changes}
        ack = _done(url, room, lambda _: command, token=token, shown_as=shown_as, **source)
        typer.echo(f"{room} is changed (entry {ack['seq']}).")


def _done(url: str, room: str, command: Callable[[int], dict[str, Any]], **who: str | None) -> Frame:
    """The `ack` of what `command` gives for the server's time in ms."""

    async def done() -> Frame:
        return await act(
            await visit(url, room, **who), lambda now_ms: {**command(now_ms), "id": secrets.token_hex(8)}
        )

    return asyncio.run(done())
