"""What `--help` says, and what addresses are taken."""

import re

import pytest
import typer
from typer.testing import CliRunner

from hubbub.cli import app
from hubbub.cli.doctor import clock_finding, open_files
from hubbub.cli.faults import Unusable
from hubbub.cli.wire import websocket_url
from hubbub.settings import Settings

COMMANDS = [
    "serve", "bench", "doctor", "token", "say", "tail", "hub create", "hub list", "room create", "room list",
    "room mode", "room settings", "hook create", "hook list", "hook remove",
    "webhook create", "webhook list", "webhook remove", "webhook enable",
    "spec asyncapi", "spec openapi",
]  # fmt: skip


def help_of(command: str) -> str:
    """What `--help` prints, on one line without frames."""
    result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "120"})
    assert result.exit_code == 0
    return " ".join(re.sub("[^\\S ]|[│╭╮╰╯─]", " ", result.stdout).split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(command: str) -> None:
    assert f"Example: hubbub {command}" in help_of(command)


def test_no_command_is_without_this_test() -> None:
    group = typer.main.get_command(app)
    commands = group.commands  # type: ignore[attr-defined]
    nested = {
        f"{name} {inner}" if hasattr(command, "commands") else name
        for name, command in commands.items()
        for inner in getattr(command, "commands", [""])
    }
    assert nested == set(COMMANDS)


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_serve_has_an_option_for_each_setting_and_names_its_variable(setting: str) -> None:
    text = help_of("serve")
    assert f"--{setting.replace('_', '-')} " in text
    assert f"HUBBUB_{setting.upper()}" in text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ("https://chat.example.org/", "wss://chat.example.org/ws"),
        ("https://example.org/chat", "wss://example.org/chat/ws"),
    ],
)
def test_the_websocket_is_found_from_the_address_that_people_know(address: str, expected: str) -> None:
    assert websocket_url(address) == expected


@pytest.mark.parametrize("address", ["", "127.0.0.1:8000", "ws://x", "http://", "http://x:0", "http://x:no"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Unusable, match="--url"):
        websocket_url(address)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("hub create Not-A-Name --owner u:1", "NAME"),
        ("hub create town --owner ä", "--owner"),
        ("room create no-hub", "HUB/ROOM"),
        ("room create a/b --discussion b", "--discussion"),
        ("room mode a/b agora --reason x --until later", "--until"),
        ("room mode no-hub agora --reason x", "HUB/ROOM"),
        ("room settings a/b", "--title"),
        ("say a/b \u200b", "TEXT"),
        ("say a/b x --url nowhere", "--url"),
        ("say a/b x --token x --as y", "--as"),
        ("tail no-hub", "HUB/ROOM"),
        ("token --sub u:1 --role place=king", "king"),
        ("token --sub u:1 --role place", "--role"),
        ("token --sub guest:1", "sub"),
    ],
)
def test_what_cannot_be_tried_is_named_in_one_line(words: str, named: str) -> None:
    result = CliRunner().invoke(app, words.split(" "), env={"HUBBUB_SECRET": "x" * 32})
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert named in result.stderr


@pytest.mark.parametrize(("count", "verdict"), [(64, "fail"), (1_024, "warn"), (20_000, "ok")])
def test_the_doctor_judges_the_limit_on_open_files(count: int, verdict: str) -> None:
    assert open_files(count, 30_000).verdict == verdict


@pytest.mark.parametrize(("difference_ms", "verdict"), [(5, "ok"), (-3_000, "warn"), (9_000, "fail")])
def test_the_doctor_judges_the_difference_of_two_clocks(difference_ms: int, verdict: str) -> None:
    assert clock_finding(difference_ms).verdict == verdict
