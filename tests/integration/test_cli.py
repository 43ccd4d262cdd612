"""The command line against real servers and stores, as an operator uses it."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hubbub.domain.identity import Role
from hubbub.tokens import Tokens
from tests.support.command_line import HUBBUB, hubbub, own_environment, printed
from tests.support.server import Node, running_node
from tests.support.stores import COPY_AVOIDANCE, free_port, running_store
from tests.support.tokens import SECRET
from tests.support.waiting import until, until_now


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A server with a store and a secret of its own, for all tests of this file: do not kill it."""
    node = Node(tmp_path_factory.mktemp("node"), "--demo", "--no-rate-limits")
    try:
        asyncio.run(node.start())
        yield node
    finally:
        node.clean()


def folder_of(node: Node) -> tuple[str, str]:
    """The option that tells where a server's store and secret are."""
    return "--data-dir", str(node.folder / "data")


def reach(node: Node) -> tuple[str, ...]:
    """The options that tell where a running server is."""
    return "--url", node.http_url, *folder_of(node)


def made_room(node: Node, name: str) -> str:
    """A fresh room of the hub `place`."""
    printed("room", "create", f"place/{name}", *folder_of(node))
    return f"place/{name}"


def entries_of(node: Node, room: str) -> list[dict[str, Any]]:
    """A room's log, as the API gives it to the operator of the server."""
    their_token = printed("token", "--sub", "reader", *folder_of(node)).strip()

    async def entries() -> list[dict[str, Any]]:
        reply = await node.http("GET", f"/api/rooms/{room}/entries", token=their_token)
        found: list[dict[str, Any]] = reply.json()["entries"]
        return found

    return asyncio.run(entries())


# -- Hubs and rooms --------------------------------------------------------------------------------


def test_hubs_and_rooms_are_made_and_listed_where_no_server_runs(tmp_path: Path) -> None:
    folder = ("--data-dir", str(tmp_path))
    printed("hub", "create", "town", "--owner", "u:42", *folder)
    printed("room", "create", "town/news", "--title", "Nouvelles", "--mode", "announcement", *folder)
    assert printed("hub", "list", *folder) == "town\n"
    [line] = printed("room", "list", "town", *folder).splitlines()
    assert line.split() == ["town/news", "announcement", "0", "messages", "Nouvelles"]


def test_a_room_made_beside_a_running_server_is_served(node: Node) -> None:
    assert entries_of(node, made_room(node, "beside")) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("hub", "create", "place", "--owner", "u:1"), "exists"),
        (("room", "create", "place/agora"), "exists"),
        (("room", "create", "nowhere/agora"), "unknown_room"),
        (("room", "create", "place/x", "--discussion", "place/nowhere"), "unknown_room"),
        (("room", "list", "nowhere"), "unknown_room"),
    ],
)
def test_what_cannot_be_made_or_listed_is_refused_in_one_line(
    node: Node, words: tuple[str, ...], code: str
) -> None:
    ended = hubbub(*words, *folder_of(node))
    assert ended.code == 1
    assert ended.complaint.startswith(f"{code}: ")


@pytest.mark.parametrize(
    "words",
    [
        ("say", "place/agora", "x", "--url", "http://127.0.0.1:1"),
        ("hub", "list", "--redis-url", "redis://127.0.0.1:1"),
    ],
)
def test_what_cannot_be_tried_ends_with_one_line_and_exit_code_two(
    node: Node, words: tuple[str, ...]
) -> None:
    ended = hubbub(*words, HUBBUB_DATA_DIR=str(node.folder / "data"))
    assert ended.code == 2, ended
    assert ended.complaint


# -- Tokens ----------------------------------------------------------------------------------------


async def test_token_prints_a_token_and_nothing_else() -> None:
    words = ("--sub", "u:7", "--name", "Roberta", "--kind", "bot", "--role", "a=owner", "--role", "b=speaker")
    line = printed("token", *words, HUBBUB_SECRET=SECRET)
    credentials = await Tokens(SECRET.encode(), None, True).verify(line.removesuffix("\n"))
    assert credentials.identity.card() == {"id": "u:7", "name": "Roberta", "kind": "bot"}
    assert credentials.role_by_hub == {"a": Role.OWNER, "b": Role.SPEAKER}


async def test_the_secret_that_nodes_share_is_found_in_their_store(tmp_path: Path) -> None:
    with running_store(tmp_path) as store:
        options = ("--sub", "u:7", "--redis-url", store.url)
        assert "no secret yet" in hubbub("token", *options).complaint
        store.command("SET", "hubbub:secret", SECRET)
        line = printed("token", *options)
    assert (await Tokens(SECRET.encode(), None, True).verify(line.strip())).identity.id == "u:7"


# -- Acts in a room --------------------------------------------------------------------------------


def test_say_prints_the_number_of_the_message_and_it_stands_in_the_log(node: Node) -> None:
    room = made_room(node, "said")
    assert printed("say", room, "Hé là", "--as", "Town hall", *reach(node)) == "1\n"
    [entry] = entries_of(node, room)
    assert (entry["text"], entry["by"]["id"], entry["by"]["name"]) == ("Hé là", "operator", "Town hall")


def test_without_the_secret_one_comes_as_a_guest(node: Node, tmp_path: Path) -> None:
    room = made_room(node, "guest")
    elsewhere = ("--url", node.http_url, "--data-dir", str(tmp_path))
    printed("say", room, "x", "--as", "Nobody", *elsewhere)
    assert entries_of(node, room)[0]["by"]["kind"] == "guest"
    ended = hubbub("say", room, "x", *elsewhere)
    assert ended.code == 2 and "--token" in ended.complaint


def test_a_switch_of_mode_stands_in_the_log_with_name_reason_and_end(node: Node) -> None:
    room = made_room(node, "switched")
    printed("room", "mode", room, "announcement", "--reason", "Talk", "--until", "+30m", *reach(node))
    [entry] = entries_of(node, room)
    assert (entry["mode"], entry["reason"], entry["by"]["name"]) == ("announcement", "Talk", "Operator")
    assert round((entry["until"] - entry["at"]) / 60_000) == 30
    assert "announcement" in printed("room", "list", "place", *folder_of(node))


def test_what_the_server_refuses_ends_with_its_code_and_reason(node: Node) -> None:
    room = made_room(node, "refused")
    printed("room", "mode", room, "announcement", "--reason", "Talk starts", *reach(node))
    their_token = printed("token", "--sub", "u:9", *folder_of(node)).strip()
    ended = hubbub("say", room, "x", "--token", their_token, "--url", node.http_url)
    assert ended.code == 1
    assert ended.complaint.startswith("announcement_only: ") and "Talk starts" in ended.complaint


def test_a_token_of_another_secret_is_refused(node: Node) -> None:
    ended = hubbub("say", "place/agora", "x", "--url", node.http_url, "--secret", SECRET)
    assert ended.code == 1
    assert ended.complaint.startswith("closed_4500: ")


def test_settings_change_only_what_is_given(node: Node) -> None:
    room = made_room(node, "set")
    printed("room", "settings", room, "--slow-ms", "5000", "--topic", "Bread", *reach(node))
    [entry] = entries_of(node, room)
    assert (entry["slow_ms"], entry["topic"]) == (5000, "Bread")
    assert "title" not in entry and "discussion" not in entry


# -- Following a room ------------------------------------------------------------------------------


class Following:
    """A running `hubbub tail`, with what it printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    def lines(self) -> list[str]:
        return self._output.read_text().splitlines()

    def seqs(self) -> list[int]:
        """The numbers of the entries that `--json` printed."""
        return [json.loads(line)["seq"] for line in self.lines() if line.startswith("{")]

    def interrupted(self) -> int:
        """Press Ctrl-C; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


@contextmanager
def following(output: Path, room: str, *options: str) -> Iterator[Following]:
    """Follow a room from its header on."""
    with output.open("wb") as file:
        words = [HUBBUB, "tail", room, *options]
        process = subprocess.Popen(words, stdout=file, stderr=file, env=own_environment())
    try:
        tail = Following(process, output)
        until_now("the room is followed", lambda: any(room in line for line in tail.lines()), 30)
        yield tail
    finally:
        process.kill()
        process.wait(10)


def test_tail_shows_what_was_said_and_what_is_said_until_ctrl_c(node: Node, tmp_path: Path) -> None:
    room = made_room(node, "told")
    printed("say", room, "before", "--as", "Amina", *reach(node))
    with following(tmp_path / "out", room, *reach(node)) as tail:
        printed("say", room, "after \x1b[31mred", "--as", "Bilal", *reach(node))
        printed("room", "mode", room, "announcement", "--reason", "Talk", *reach(node))
        until_now("the switch is told", lambda: any("switched" in line for line in tail.lines()))
        assert tail.interrupted() == 0
        shown = [line[10:] for line in tail.lines() if not line.startswith("--")]
    assert shown == [
        "Amina  before",
        "Bilal  after \\x1b[31mred",
        "Operator switched the room to announcement (speakers only): Talk",
    ]


async def test_tail_goes_on_without_hole_or_repeat_after_the_server_was_killed(tmp_path: Path) -> None:
    async with running_node(tmp_path, "--demo") as node:
        printed("say", "place/agora", "one", *reach(node))
        with following(tmp_path / "out", "place/agora", "--json", *reach(node)) as tail:
            printed("say", "place/agora", "two", *reach(node))
            await until("both are shown", lambda: tail.seqs() == [1, 2])
            node.kill()
            await until("the loss is told", lambda: any("Coming back" in line for line in tail.lines()))
            await node.restart()
            printed("say", "place/agora", "three", *reach(node))
            printed("say", "place/agora", "four", *reach(node))
            await until("it has caught up", lambda: 4 in tail.seqs(), 40)
            assert tail.seqs() == [1, 2, 3, 4]
            assert tail.interrupted() == 0


def test_tail_of_a_room_that_is_not_there_ends_at_once(node: Node) -> None:
    ended = hubbub("tail", "place/nowhere", *reach(node))
    assert ended.code == 1
    assert ended.complaint.startswith("unknown_room: ")


# -- The doctor ------------------------------------------------------------------------------------


def verdicts(out: str) -> dict[str, str]:
    """The verdict by what was looked at."""
    return {line[5:17].strip(): line[:4].strip() for line in out.splitlines()}


def test_the_doctor_finds_a_fresh_machine_well(tmp_path: Path) -> None:
    ended = hubbub("doctor", "--port", str(free_port()), "--data-dir", str(tmp_path))
    found = verdicts(ended.out)
    assert set(found) == {
        "Python", "Open files", "Port", "Store", "Version", "Commands", "Library", "Persistence",
        "Subscribers", "Clock",
    }  # fmt: skip
    assert ended.code == 0 and "fail" not in found.values()
    assert found["Subscribers"] == "ok"


def test_the_doctor_finds_what_is_wrong_and_says_so_by_its_exit_code() -> None:
    ended = hubbub("doctor", "--redis-url", f"redis://127.0.0.1:{free_port()}")
    assert ended.code == 1
    assert verdicts(ended.out)["Store"] == "fail"


def test_the_doctor_warns_of_a_store_that_keeps_nothing_and_of_a_server_that_runs(
    node: Node, tmp_path: Path
) -> None:
    with running_store(tmp_path, fsync=None) as store:
        ended = hubbub("doctor", "--redis-url", store.url, "--port", str(node.port))
    found = verdicts(ended.out)
    assert (found["Persistence"], found["Port"], ended.code) == ("warn", "warn", 0)


def test_the_doctor_warns_of_a_store_that_cuts_nodes_for_a_little_lag(tmp_path: Path) -> None:
    with running_store(tmp_path) as store:
        store.limit_subscribers(1_000_000)
        ended = hubbub("doctor", "--redis-url", store.url, "--port", str(free_port()))
    assert (verdicts(ended.out)["Subscribers"], ended.code) == ("warn", 0)


@pytest.mark.parametrize(
    ("option", "value"), [("client-output-buffer-limit", "pubsub 0 0 0"), (COPY_AVOIDANCE, "16384")]
)
def test_the_doctor_warns_of_a_store_that_would_never_cut_a_node(
    option: str, value: str, tmp_path: Path
) -> None:
    with running_store(tmp_path) as store:
        store.command("CONFIG", "SET", option, value)
        ended = hubbub("doctor", "--redis-url", store.url, "--port", str(free_port()))
    assert (verdicts(ended.out)["Subscribers"], ended.code) == ("warn", 0)
