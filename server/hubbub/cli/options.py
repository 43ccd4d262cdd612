"""Options that say themselves what they default to and which variable stands for them.

Knows how an option of the settings is declared to typer. Values pass as the text they were given, so that
settings.py alone says what is wrong with one, whether it came as an option or as a variable.
"""

from typing import Any

import typer

from hubbub.settings import PREFIX, Settings

DATA_DIR_WORDS = "~/.local/share/hubbub"
"""The default data folder as people write it (it follows XDG_DATA_HOME)."""

NET_PANEL = "Where it listens"
"""The panel of address and port."""

SOURCE = "Which server"
"""The panel of the options that say where the server's things are."""


def value(name: str, text: str, panel: str, default: str | None = None) -> Any:
    """An option with a value, `--name VALUE`."""
    field = _field(name)
    return typer.Option(
        f"--{name}", help=_help(name, text, default), rich_help_panel=panel, metavar=_metavar(field)
    )


def flag(name: str, text: str, panel: str, default: str | None = None) -> Any:
    """An option without a value, `--name` or `--no-name`."""
    return typer.Option(
        f"--{name}/--no-{name}", help=_help(name, text, default), rich_help_panel=panel, show_default=False
    )


def data_dir_option() -> Any:
    return value("data-dir", "The server's data folder.", SOURCE, DATA_DIR_WORDS)


def redis_url_option() -> Any:
    return value("redis-url", "The server's store, if it has none of its own.", SOURCE)


def secret_option() -> Any:
    return value("secret", "The server's secret.", SOURCE, "the one that it keeps")


def url_option() -> Any:
    return typer.Option(
        "--url", envvar=f"{PREFIX}URL", help="Address of the running server.", rich_help_panel=SOURCE
    )


def token_option() -> Any:
    return typer.Option(
        "--token",
        metavar="JWT",
        help="Come with this token instead of as the operator, an owner by the server's own secret.",
        rich_help_panel=SOURCE,
    )


def _help(name: str, text: str, default: str | None) -> str:
    if default is None:
        default = _written(Settings.model_fields[_field(name)].default)
    after = f"; default: {default}" if default else ""
    return f"{text} ({PREFIX}{_field(name).upper()}{after})"


def _written(default: object) -> str:
    match default:
        case bool():
            return "yes" if default else "no"
        case None | ():
            return ""
        case _:
            return str(default)


def _field(name: str) -> str:
    return name.replace("-", "_")


def _metavar(field: str) -> str:
    return field.rpartition("_")[2].upper()
