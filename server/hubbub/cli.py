"""The command `hubbub`: run a server, make hubs, rooms and tokens, talk and look.

Knows options and how to say things to people. Refuses to know how anything is done.
"""

from pathlib import Path
from typing import Annotated

import typer

from hubbub.folder import StartRefused
from hubbub.settings import SettingsRefused, read_settings

app = typer.Typer(help="Hubbub, a real-time discussion server.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Hubbub, a real-time discussion server."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the private store.")] = None,
    redis_url: Annotated[str | None, typer.Option(help="Redis or Valkey to use instead.")] = None,
    store_lossless: Annotated[
        bool | None,
        typer.Option("--store-lossless/--no-store-lossless", help="It never loses a synced write."),
    ] = None,
    secret: Annotated[str | None, typer.Option(help="Key of signed tokens, 32 bytes or more.")] = None,
    jwks_url: Annotated[str | None, typer.Option(help="Keys of an identity provider.")] = None,
    allowed_origins: Annotated[str | None, typer.Option(help="Comma-separated origins.")] = None,
    trusted_proxies: Annotated[str | None, typer.Option(help="Comma-separated networks.")] = None,
    public_feeds: Annotated[bool | None, typer.Option("--public-feeds/--no-public-feeds")] = None,
    guests: Annotated[bool | None, typer.Option("--guests/--no-guests", help="Admit guests.")] = None,
    rate_limits: Annotated[bool | None, typer.Option("--rate-limits/--no-rate-limits")] = None,
    workers: Annotated[int | None, typer.Option(help="Gateway processes on the port.")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, console or json.")] = None,
    drain_seconds: Annotated[float | None, typer.Option(help="Longest time to send people away.")] = None,
    demo: Annotated[
        bool | None, typer.Option("--demo/--no-demo", help="Make a hub to try, print links.")
    ] = None,
) -> None:
    """Run a server. Without --redis-url it brings its own store."""
    from hubbub import serving

    try:
        serving.serve(read_settings(**locals_of(locals())))
    except (StartRefused, SettingsRefused) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from None


def locals_of(names: dict[str, object]) -> dict[str, object]:
    """The options among a command's local names."""
    return {name: value for name, value in names.items() if name != "serving"}


if __name__ == "__main__":
    app()
