"""Envelopes as bytes: what is packed comes out again, and what is new is left alone."""

import msgpack
import pytest

from hubbub.roomlog import envelope
from hubbub.roomlog.stands import Stand

SECTION = ["place/agora", "k3", 41, "k3 7", "k3 2", 9, ["message", "edit"], ['{"seq":41}', '{"seq":42}']]


def appended(*sections: object) -> envelope.Appended:
    unpacked = envelope.unpack(msgpack.packb(["log", 5, sections], use_bin_type=False))
    assert isinstance(unpacked, envelope.Appended)
    return unpacked


def test_a_batch_carries_its_number_and_a_section_for_each_room() -> None:
    batch = appended(SECTION, [*SECTION[:1], *SECTION[1:]])
    assert (batch.number, len(batch.sections)) == (5, 2)


def test_a_section_knows_its_entries_by_seq() -> None:
    [section] = appended(SECTION).sections
    assert section.head == 42
    assert section.stands() == [Stand(41, "message", b'{"seq":41}'), Stand(42, "edit", b'{"seq":42}')]


def test_a_section_without_entries_tells_a_new_epoch_and_no_new_head() -> None:
    [section] = appended([*SECTION[:6], {}, {}]).sections
    assert (section.head, section.stands()) == (40, [])


def test_that_a_room_was_made_is_told_by_its_address() -> None:
    made = envelope.unpack(msgpack.packb(["made", "place/new"], use_bin_type=False))
    assert made == envelope.Made("place/new")


@pytest.mark.parametrize("content", [[{"u:1": b"card"}, ["u:2"]], {"u:1": {"id": "u:1"}}])
def test_what_nodes_tell_each_other_comes_out_as_it_went_in(content: object) -> None:
    told = envelope.unpack(envelope.told("presence", "n-1", "place/agora", content))
    assert told == envelope.Told("presence", "n-1", "place/agora", content)


def test_a_kind_of_a_newer_node_is_left_alone() -> None:
    assert envelope.unpack(msgpack.packb(["quux", 1, 2, 3])) is None
