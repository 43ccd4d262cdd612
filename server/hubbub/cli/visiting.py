"""As whom a command comes to a running server, and how it does one thing there.

Knows the choice between a given token, the operator's and a guest's name. Refuses to know the commands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hubbub.cli.faults import Declined, Unusable
from hubbub.cli.reaching import operator_token, secret_of
from hubbub.cli.wire import NO_CODE, Frame, Lost, Wire, connected
from hubbub.domain import names
from hubbub.settings import read_settings


@dataclass(frozen=True, slots=True)
class Visit:
    """Which server, which room, and what is said in hello."""

    url: str
    room: str
    hello: Mapping[str, str]


async def visit(
    url: str,
    room: str,
    *,
    token: str | None = None,
    shown_as: str | None = None,
    **source: str | None,
) -> Visit:
    """A visit to a room: with the token, else as the operator by the server's secret, else as a guest.

    `source` are the settings that tell where the secret is. Raises Unusable, ShapeError, SettingsRefused.
    """
    address = names.room_address("HUB/ROOM", room)
    if shown_as is not None:
        shown_as = names.display_name("--as", shown_as)
    if token is not None:
        if shown_as is not None:
            raise Unusable("Either --token or --as: a token says itself who comes.")
        return Visit(url, address, {"token": token})
    secret = await secret_of(read_settings(**source))
    if secret is not None:
        return Visit(url, address, {"token": operator_token(secret, names.hub_of(address), shown_as)})
    if shown_as is None:
        raise Unusable("The server's secret is not to be found here: give --token, --secret or --as NAME.")
    return Visit(url, address, {"name": shown_as})


async def enter(wire: Wire, room: str, **more: Any) -> Frame:
    """Joins a room; returns `joined`."""
    return await wire.ask({"t": "join", "room": room, **more})


async def act(there: Visit, command: Callable[[int], Mapping[str, Any]]) -> Frame:
    """Joins the room and does one thing in it; returns its `ack`. Raises Declined or Unusable.

    `command` is given the server's time in ms.
    """
    try:
        async with connected(there.url, there.hello) as wire:
            await enter(wire, there.room, limit=0)
            return await wire.ask({**command(wire.welcome["server_time"]), "room": there.room})
    except Lost as lost:
        raise ended(lost) from None


def ended(lost: Lost) -> Exception:
    """What a lost connection means to a command: closed by the server is a refusal."""
    if lost.code == NO_CODE:
        return Unusable(str(lost))
    return Declined(f"closed_{lost.code}", str(lost))
