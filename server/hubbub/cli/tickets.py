"""`hubbub token`: a signed token, for trying things and for bots.

Knows how roles are written on a command line. Refuses to know how a token is signed.
"""

import asyncio
from typing import Annotated, Literal

import typer

from hubbub.cli.faults import Unusable, told_plainly
from hubbub.cli.options import data_dir_option, redis_url_option, secret_option
from hubbub.cli.reaching import secret_of
from hubbub.settings import read_settings
from hubbub.tokens import mint

HOUR_SECONDS = 3600
MOST_HOURS = 24 * 366 * 10
"""Ten years: longer than any secret should live."""


def token(
    sub: Annotated[str, typer.Option(help="Whose token: the id of the identity.")],
    name: Annotated[str | None, typer.Option(help="The name that is shown.")] = None,
    kind: Annotated[Literal["person", "bot"], typer.Option(help="What the identity is.")] = "person",
    role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HUB=ROLE", help="A role in a hub: owner, moderator, speaker, participant; repeatable."
        ),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=MOST_HOURS, help="How long it is valid.")] = 24,
    secret: Annotated[str | None, secret_option()] = None,
    data_dir: Annotated[str | None, data_dir_option()] = None,
    redis_url: Annotated[str | None, redis_url_option()] = None,
) -> None:
    """Print a signed token, and nothing else: who has it is that identity until it expires.

    A client sends it in its hello, or to the API as Authorization: Bearer.
    """
    with told_plainly():
        settings = read_settings(secret=secret, data_dir=data_dir, redis_url=redis_url)
        key = asyncio.run(secret_of(settings))
        if key is None:
            raise Unusable("There is no secret yet: start the server once, or give --secret.")
        try:
            typer.echo(mint(key, sub, name, kind, _roles(role or []), round(hours * HOUR_SECONDS)))
        except ValueError as fault:
            raise Unusable(f"No server would take such a token: {fault}.") from None


def _roles(pairs: list[str]) -> dict[str, str]:
    roles = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(roles.values()):
        raise Unusable("--role is HUB=ROLE, such as place=moderator.")
    return roles
