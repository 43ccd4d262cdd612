"""Single stories of a node over a store in memory: what came between a question and its answer.

The cursor machine finds most of them by chance; these are told step by step, and look at what the
machine's readers do not.
"""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog

from hubbub.domain import entries, limits
from hubbub.domain.identity import Credentials, Identity
from hubbub.domain.refusals import Code
from hubbub.gateway import turns
from hubbub.gateway.connection import GatewayProtocol
from hubbub.gateway.hub import LINGER_SECONDS, Hub
from hubbub.gateway.judge import Judge, Order, ReturnToBase
from hubbub.gateway.node import CHECK_SECONDS, TELL_SECONDS
from hubbub.gateway.room import Room
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode
from hubbub.roomlog.client import StoreUnavailable
from hubbub.roomlog.clock import StoreClock
from hubbub.roomlog.log import StateFields
from hubbub.roomlog.publisher import Appended, Pending
from tests.unit.gateway.fake_reader import FOR_EVER_MS, FakeReader, payloads
from tests.unit.gateway.fake_store import CREATED, HUB, ROOM
from tests.unit.gateway.machine import CursorMachine

TOLD_SECONDS = TELL_SECONDS + 0.1


@pytest.fixture
def machine() -> Iterator[CursorMachine]:
    """A node with its store; at the end all must be well and closed."""
    with structlog.testing.capture_logs():
        machine = CursorMachine()
        yield machine
        machine.teardown()


@pytest.fixture
def sent(machine: CursorMachine, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[bytes]]:
    """What each reader is written, by name."""
    kept: dict[str, list[bytes]] = {}
    take = FakeReader.take

    def keep(reader: FakeReader, written: bytes) -> None:
        kept.setdefault(reader.name, []).append(written)
        take(reader, written)

    monkeypatch.setattr(FakeReader, "take", keep)
    return kept


def told(writes: list[bytes], t: str) -> list[dict[str, Any]]:
    """The frames of one type in what was written."""
    found = [json.loads(payload) for written in writes for payload in payloads(written)]
    return [frame for frame in found if frame["t"] == t]


def room_of(machine: CursorMachine) -> Room:
    assert machine.room is not None
    return machine.room


def hub_of(machine: CursorMachine) -> Hub:
    return machine.node._hubs[HUB]


def deliver(machine: CursorMachine) -> None:
    """The store answers the one question that it was asked."""
    (request,) = machine.log.requests
    machine.in_loop(request.deliver)


# -- Joins -------------------------------------------------------------------------------------------


def test_what_is_appended_while_one_joins_again_is_pushed_once(
    machine: CursorMachine, sent: dict[str, list[bytes]]
) -> None:
    machine.join_and_get_in("Amina", 2)
    machine.join("Amina", 2)
    deliver(machine)  # the room is as new as the store
    (page,) = machine.log.requests
    machine.in_loop(page.execute)
    machine.publish(1)
    machine.all_envelopes_arrive()
    machine.in_loop(page.deliver)
    assert [frame["seq"] for frame in told(sent["Amina"], "joined")] == [0, 0]
    assert [frame["e"]["seq"] for frame in told(sent["Amina"], "entry")] == [1]


def test_a_join_that_fails_leaves_its_reader_where_it_was(
    machine: CursorMachine, sent: dict[str, list[bytes]]
) -> None:
    machine.join_and_get_in("Amina", 2)
    machine.join("Amina", 2)
    deliver(machine)
    machine.publish(1)
    machine.all_envelopes_arrive()
    (page,) = machine.log.requests
    machine.in_loop(lambda: page.fail(StoreUnavailable("away")))
    assert [frame["code"] for frame in told(sent["Amina"], "nack")] == ["unavailable"]
    assert [frame["e"]["seq"] for frame in told(sent["Amina"], "entry")] == [1]


def test_a_text_whose_removal_was_heard_during_a_join_is_not_sent(
    machine: CursorMachine, sent: dict[str, list[bytes]]
) -> None:
    machine.publish(1)
    machine.join_and_get_in("Boris", 0)
    machine.join("Amina", 4)
    deliver(machine)
    (page,) = machine.log.requests
    machine.publish(1)  # so that the page is newer than the room, which reads on
    machine.in_loop(page.deliver)
    machine.in_loop(lambda: machine.log.append("removal", target=1))
    deliver(machine)
    (joined,) = told(sent["Amina"], "joined")
    assert [entry["kind"] for entry in joined["entries"]] == ["removed", "message"]


def test_a_join_beside_a_long_list_of_wishes_to_speak_fits_one_reply(
    machine: CursorMachine, sent: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = {}
    for seq in range(1, 101):
        card = {"id": f"u:{seq}", "kind": "person"}
        ask = {"kind": "floor", "by": card, "action": "ask", "subject": card, "reason": "𝕏" * 500}
        floor[f"u:{seq}"] = entries.encode({"seq": seq, "at": 1, **ask})
    monkeypatch.setattr(machine.log, "_state", lambda: StateFields({"created": CREATED}, floor, {}))
    for _ in range(100):
        machine.in_loop(lambda: machine.log.append("message", data="x" * 4_000))
    machine.join_and_get_in("Amina", 300)
    (joined,) = [written for written in sent["Amina"] if b'"joined"' in written]
    assert len(told([joined], "joined")[0]["state"]["floor"]["asked"]) == 100
    assert len(joined) <= limits.REPLY_BYTES


# -- Readers that do not read ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unsent_bytes", "codes"),
    [(2_000, [CloseCode.SLOW_READER]), (1_000, [CloseCode.SLOW_READER]), (500, [])],
)
def test_only_reading_keeps_a_slow_reader(
    machine: CursorMachine, monkeypatch: pytest.MonkeyPatch, unsent_bytes: int, codes: list[CloseCode]
) -> None:
    closed: list[CloseCode] = []
    monkeypatch.setattr(GatewayProtocol, "shut", lambda self, code: closed.append(code))
    reader = machine.reader("Amina")
    monkeypatch.setattr(reader.transport, "get_write_buffer_size", lambda: 1_000)
    machine.in_loop(reader.pause)
    monkeypatch.setattr(reader.transport, "get_write_buffer_size", lambda: unsent_bytes)
    later = time.monotonic() + limits.SLOW_READER_SECONDS + 1
    machine.in_loop(lambda: reader.connection.look(later))
    assert closed == codes


def test_what_is_told_at_most_once_is_not_written_to_one_who_does_not_read(
    machine: CursorMachine, sent: dict[str, list[bytes]]
) -> None:
    machine.join_and_get_in("Amina", 0)
    machine.wait(TOLD_SECONDS)
    machine.stop_reading("Amina")
    sent["Amina"].clear()
    machine.join_and_get_in("Boris", 0)
    boris = machine.reader("Boris").connection
    machine.in_loop(lambda: machine.node.ephemera.typing(room_of(machine), boris))
    machine.wait(TOLD_SECONDS)
    assert sent["Amina"] == []
    assert told(sent["Boris"], "typing")
    machine.read_again("Amina")
    assert [frame["count"] for frame in told(sent["Amina"], "presence")] == [2]


# -- Modes that end ----------------------------------------------------------------------------------


def switch(machine: CursorMachine, mode: str, previous: str, **more: Any) -> None:
    fields = {"mode": mode, "previous": previous, "reason": "r", **more}
    machine.in_loop(lambda: machine.log.append("mode", **fields))
    machine.all_envelopes_arrive()


def test_a_switch_is_told_to_one_reader_a_turn_where_a_turn_is_short(
    machine: CursorMachine, sent: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Amina", "Boris", "Chloé")
    for name in names:
        machine.join_and_get_in(name, 0)
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    switch(machine, "announcement", "agora")
    assert [told(sent[name], "rights")[-1]["rights"]["publish"] for name in names] == [False] * 3


def test_who_is_told_of_a_switch_in_a_later_turn_is_told_what_holds_by_then(
    machine: CursorMachine, sent: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Amina", "Boris"):
        machine.join_and_get_in(name, 0)
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    room = room_of(machine)

    def there_and_back() -> None:
        for mode in ("announcement", "agora"):
            entry = {**room.state.mode_entry, "kind": "mode", "mode": mode, "previous": "", "reason": "r"}
            room.state = room.state.after(entry, b"")
            room.refresh_rights()

    machine.in_loop(there_and_back)
    pushes = {name: [push["rights"]["publish"] for push in told(sent[name], "rights")] for name in sent}
    assert pushes == {"Amina": [False, True], "Boris": []}


def test_a_mode_that_is_there_again_after_a_loss_ends_in_time(machine: CursorMachine) -> None:
    machine.join_and_get_in("Amina", 0)
    switch(machine, "announcement", "agora", until=FOR_EVER_MS)
    switch(machine, "agora", "announcement")
    assert machine.node.timetable.due(FOR_EVER_MS) == []
    machine.the_store_restarts_and_has_lost_entries(1)
    machine.wait(CHECK_SECONDS + 0.1)
    machine.the_store_answers_all()
    assert room_of(machine).state.until_ms == FOR_EVER_MS
    assert machine.node.timetable.due(FOR_EVER_MS) == [room_of(machine)]


def test_a_room_stays_open_until_the_end_of_its_mode_is_settled(
    machine: CursorMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.join_and_get_in("Amina", 0)
    switch(machine, "announcement", "agora", until=1)
    hub, room = hub_of(machine), room_of(machine)
    machine.leave("Amina")
    submitted: list[Pending] = []
    monkeypatch.setattr(hub.publisher, "submit", submitted.append)
    machine.in_loop(lambda: hub.end_due_mode(room))
    machine.in_loop(lambda: hub.close_idle(machine.loop.now + LINGER_SECONDS + 1))
    assert hub.rooms == {ROOM: room}
    machine.in_loop(lambda: submitted[0].settle(Appended("e0", 2)))
    machine.in_loop(lambda: hub.close_idle(machine.loop.now + LINGER_SECONDS + 1))
    assert hub.rooms == {}


# -- Decisions ---------------------------------------------------------------------------------------


class Nobody:
    """A log in which nobody was ever seen."""

    async def people(self, hub: str, identities: list[str]) -> list[bytes | None]:
        return [None] * len(identities)


def pending(command: Any) -> Pending:
    return Pending(ROOM, "u:Amina", "1", 0, command, lambda outcome: None)


async def test_a_command_for_a_room_that_the_store_has_lost_is_refused_by_itself() -> None:
    node = SimpleNamespace(clock=StoreClock())
    hub = SimpleNamespace(name=HUB, rev="h0 1", rooms={}, log=Nobody(), node=node)
    (item,) = await Judge(cast(Any, hub)).decide([pending(ReturnToBase())])
    assert item.decision.refusal is not None
    assert item.decision.refusal.code is Code.UNKNOWN_ROOM


def test_a_decision_whose_time_is_over_is_not_sent(
    machine: CursorMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.join_and_get_in("Amina", 0)
    monkeypatch.setattr(machine.log, "people", Nobody().people, raising=False)
    ended = Credentials(Identity("u:Amina", "Amina"), {}, machine.node.clock.now_ms())
    order = Order(ended, frames.Publish(ref=1, room=ROOM, text="late", id="1"))
    deciding = Judge(hub_of(machine)).decide([pending(order)])
    (item,) = machine.loop.run_until_complete(deciding)
    assert item.decision.refusal is not None
    assert item.decision.to_ms is None, "the store would call it stale for ever"
