"""An item of a batch as the function library reads it."""

from typing import Any

import msgspec

from hubbub.domain import entries
from hubbub.domain.decision import Decision
from hubbub.domain.refusals import Code, Refusal
from hubbub.roomlog.batch import SALT_BYTES, Item

ROOM, OTHER = "place/agora", "place/communiques"
MODE = {
    "kind": "mode",
    "by": {"id": "u:1", "name": "Amina", "kind": "person"},
    "mode": "announcement",
    "previous": "agora",
    "reason": "Talk starts",
}


def item(decision: Decision, **rev_by_room: str) -> Item:
    return Item(ROOM, "u:1", "01J", {ROOM: "k3 7", **rev_by_room}, "k3 2", decision)


def packed(decision: Decision) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.msgpack.decode(
        msgspec.msgpack.encode(item(decision).packable({ROOM: 1, OTHER: 2}))
    )
    return shown


def test_an_entry_is_packed_without_the_seq_and_time_that_the_store_gives() -> None:
    shown = packed(Decision(fields={"kind": "message", "text": "Bonjour"}))
    assert entries.decode(b"{" + shown["rest"].encode()) == {"kind": "message", "text": "Bonjour"}


def test_it_names_the_revisions_it_was_decided_on() -> None:
    shown = packed(Decision(fields={"kind": "message"}))
    assert (shown["guards"], shown["hub_rev"]) == ([[1, "k3 7"]], "k3 2")


def test_a_refusal_is_packed_without_anything_to_append() -> None:
    shown = packed(Decision(refusal=Refusal(Code.MUTED, "muted")))
    assert not {"kind", "rest", "sets", "salts"} & set(shown)
    assert shown["guards"]


def test_what_is_empty_is_left_out() -> None:
    shown = packed(Decision(fields={"kind": "message"}))
    assert not {"live", "edits", "floor", "react", "slow_ms", "erase", "from", "to"} & set(shown)


def test_every_room_it_looks_at_is_declared() -> None:
    about = Decision(fields={"kind": "message"}, live=((OTHER, 12),))
    assert item(about).rooms == (ROOM, ROOM, OTHER)


def test_a_public_act_has_a_salt_of_its_own_for_each_free_text() -> None:
    shown = packed(Decision(fields=MODE, is_public_act=True, sets=(("meta", "mode"),)))
    salts = entries.decode(shown["salts"])
    assert set(salts) == {"reason", "by.name"}
    assert {len(bytes.fromhex(salt)) for salt in salts.values()} == {SALT_BYTES}
    assert salts["reason"] != salts["by.name"]


def test_what_is_no_public_act_has_no_salts() -> None:
    assert "salts" not in packed(Decision(fields=MODE))
