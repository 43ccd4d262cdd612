"""`hubbub bench` as people run it: small loads on real servers, their counts exact."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.support.command_line import HUBBUB, hubbub, own_environment, printed
from tests.support.server import Node, running_node
from tests.support.tokens import SECRET, token
from tests.support.waiting import until, until_now

END_SECONDS: Final = 40.0


def document_of(*words: str, **variables: str) -> dict[str, Any]:
    """What `--json` prints, and nothing besides."""
    found: dict[str, Any] = json.loads(printed("bench", *words, "--json", **variables))
    return found


def run_of(*words: str, **variables: str) -> dict[str, Any]:
    """The only run of such a document; sound, without any fault."""
    [run] = document_of(*words, **variables)["runs"]
    assert run["is_sound"], run
    assert not run["is_broken_off"] and set(run["faults"].values()) == {0}
    found: dict[str, Any] = run
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A server as it is by default: with limits, and the hub `place`."""
    async with running_node(tmp_path_factory.mktemp("strict"), "--secret", SECRET, "--demo") as node:
        yield node


# -- Every scenario, on a server of its own --------------------------------------------------------


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_fanout_delivers_every_message_to_everybody(codec: str) -> None:
    words = ("fanout", "--people", "12", "--messages", "30", "--processes", "2", "--codec", codec)
    run = run_of(*words)
    assert (run["joined"], run["published"], run["delivered"], run["unacked"]) == (12, 30, 360, 0)
    assert run["bytes_per_message"] > 100
    assert run["latency"]["p50_us"] <= run["latency"]["p99_us"] <= run["latency"]["max_us"]


def test_rooms_deliver_every_message_to_the_people_of_its_room() -> None:
    run = run_of("rooms", "--rooms", "3", "--messages", "20", "--processes", "2")
    assert (run["joined"], run["published"], run["delivered"]) == (30, 20, 200)


def test_storm_brings_everybody_back_with_what_they_missed() -> None:
    run = run_of("storm", "--people", "15", "--messages", "40", "--processes", "2")
    assert (run["joined"], run["resumed"], run["published"]) == (15, 15 * 40, 40)


def test_slow_measures_the_same_without_and_with_those_who_never_read() -> None:
    run = run_of("slow", "--people", "11", "--messages", "20")
    assert (run["joined"], run["slow_people"], run["published"], run["delivered"]) == (10, 1, 20, 200)
    assert run["latency"] and run["latency_without_slow"]


def test_idle_lets_people_in_and_says_nothing() -> None:
    run = run_of("idle", "--people", "8", "--seconds", "0.2")
    assert (run["joined"], run["published"], run["delivered"]) == (8, 0, 0)
    assert run["latency"] is None


def test_a_document_says_what_its_figures_hold_for() -> None:
    document = document_of(
        "idle", "rooms", "--people", "10", "--rooms", "1", "--messages", "5", "--seconds", "1"
    )
    assert document["schema"] == "hubbub.bench/1"
    assert [run["settings"]["scenario"] for run in document["runs"]] == ["idle", "rooms"]
    assert {"cpu", "cores", "memory_bytes", "system"} == set(document["machine"])
    assert {"hubbub", "python", "uvloop", "msgspec", "websockets"} <= set(document["versions"])
    server = document["server"]
    assert (server["is_private"], server["workers"], server["fsync"]) == (True, 1, "always")
    assert server["store"].startswith("Valkey ")


def test_a_table_tells_people_the_verdict() -> None:
    ended = hubbub("bench", "fanout", "--people", "5", "--messages", "4")
    assert ended.code == 0
    assert "Each of 4 acked messages reached everybody in its room once, in order." in ended.out
    assert "temporary folder" in ended.err


# -- On a server that runs already -----------------------------------------------------------------


def test_a_server_with_limits_is_loaded_no_faster_than_it_allows(strict: Node) -> None:
    words = ("--against", strict.http_url, "--people", "3", "--messages", "220", "--seconds", "20")
    run = run_of(*words, HUBBUB_SECRET=SECRET)
    assert (run["joined"], run["published"], run["unacked"]) == (3, 220, 0)
    assert any("limits bound the figures" in note for note in run["notes"])
    assert run["server_cpu_percent"] is None


def test_people_whom_a_server_does_not_let_in_are_told_and_the_others_go_on(strict: Node) -> None:
    words = ("--against", strict.http_url, "--people", "40", "--messages", "10")
    run = run_of(*words, HUBBUB_SECRET=SECRET)
    assert 0 < run["joined"] < 40
    assert run["delivered"] == 10 * run["joined"]
    # Refused at the door or right behind it, as the server finds time to look.
    kept_out = re.findall(r"could not come in: (\d+) \(", "\n".join(run["notes"]))
    assert sum(map(int, kept_out)) == 40 - run["joined"]


def test_to_a_room_that_is_given_people_come_as_guests(strict: Node) -> None:
    words = ("--against", strict.http_url, "--room", "place/agora", "--people", "4", "--messages", "6")
    assert run_of(*words)["delivered"] == 24


def test_rooms_are_made_with_the_token_of_an_owner(strict: Node) -> None:
    owner = token("u:1", roles={"place": "owner"})
    words = ("--against", strict.http_url, "--token", owner, "--people", "2", "--messages", "2")
    assert run_of(*words)["delivered"] == 4


def test_where_no_message_is_accepted_the_run_fails_and_says_why(strict: Node) -> None:
    words = ("--against", strict.http_url, "--room", "place/communiques", "--people", "2", "--messages", "2")
    ended = hubbub("bench", *words)
    assert ended.code == 1
    assert "No message was accepted" in ended.out and "announcement_only" in ended.out


NOBODY: Final = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--against", NOBODY, "--room", "place/agora"), "No server answers"),
        (("--against", NOBODY, "--secret", SECRET), "No server answers"),
        (("--against", NOBODY), "--token"),
        (("--against", "ftp://x", "--secret", SECRET), "--against"),
        (("--against", NOBODY, "--room", "place/agora", "--rooms", "2"), "--rooms"),
        (("--room", "place/agora"), "--against"),
        (("--people", "2", "--rooms", "3"), "--people"),
    ],
)
def test_what_cannot_be_tried_ends_with_one_line_that_says_what_to_do(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    ended = hubbub("bench", *words, HUBBUB_DATA_DIR=str(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    last = ended.err.splitlines()[-1]
    assert said in last and "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--hub", "nowhere", "--secret", SECRET), "no hub"),
        (("--secret", "x" * 32), "unauthorized"),
        (("--token", token("u:1")), "forbidden"),
    ],
)
def test_who_may_not_make_rooms_is_told_what_else_there_is(
    strict: Node, words: tuple[str, ...], said: str
) -> None:
    ended = hubbub("bench", "--against", strict.http_url, *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and "--room" in ended.err


# -- Ending early ----------------------------------------------------------------------------------


class Underway:
    """A `hubbub bench` whose people are silent until it is ended."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.out, self.err = folder / "out", folder / "err"
        words = [HUBBUB, "bench", "idle", "--people", "5", "--seconds", "100", "--json", *options]
        environment = own_environment(TMPDIR=str(folder))
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.running = subprocess.Popen(words, stdout=out, stderr=err, env=environment)

    def processes(self) -> list[int]:
        """Itself and everything that it started, by the environment that they have from it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"TMPDIR={self.folder}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def folders(self) -> list[Path]:
        """The temporary folders of its server."""
        return list(self.folder.glob("hubbub-bench-*"))

    def has_begun(self) -> bool:
        """Whether it has a server with a store and a load process, besides itself."""
        return len(self.processes()) >= 4 and bool(self.folders())

    def end(self) -> None:
        """Whatever the test has found: nothing of it stays."""
        self.running.kill()
        self.running.wait(END_SECONDS)


@contextmanager
def underway(folder: Path, *options: str) -> Iterator[Underway]:
    """Run one for the length of the block."""
    bench = Underway(folder, *options)
    try:
        yield bench
    finally:
        bench.end()


async def test_ctrl_c_tells_what_was_measured_until_then(strict: Node, tmp_path: Path) -> None:
    owner = token("u:1", roles={"place": "owner"})

    async def are_all_in() -> bool:
        rooms = (await strict.http("GET", "/api/hubs/place/rooms", token=owner)).json()["rooms"]
        return any(room["room"] == "place/bench-1" and room["present"] == 5 for room in rooms)

    with underway(tmp_path, "--against", strict.http_url, "--secret", SECRET) as bench:
        await until("everybody is in", are_all_in, END_SECONDS)
        bench.running.send_signal(signal.SIGINT)
        assert bench.running.wait(END_SECONDS) == 130
        [run] = json.loads(bench.out.read_text())["runs"]
    assert (run["joined"], run["is_broken_off"], run["is_sound"]) == (5, True, True)
    assert "Traceback" not in bench.err.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_a_command_ends_all_that_it_started(tmp_path: Path, number: signal.Signals) -> None:
    with underway(tmp_path) as bench:
        until_now("it has begun", bench.has_begun, END_SECONDS)
        bench.running.send_signal(number)
        assert bench.running.wait(END_SECONDS) == 130
        until_now("all processes have ended", lambda: not bench.processes(), END_SECONDS)
    assert bench.folders() == []
    assert "Traceback" not in bench.err.read_text()


def test_nothing_is_left_behind_by_a_command_that_is_killed(tmp_path: Path) -> None:
    with underway(tmp_path) as bench:
        until_now("it has begun", bench.has_begun, END_SECONDS)
        bench.running.kill()
        bench.running.wait(END_SECONDS)
        until_now("all processes have ended", lambda: not bench.processes(), END_SECONDS)
    assert bench.folders() == []
