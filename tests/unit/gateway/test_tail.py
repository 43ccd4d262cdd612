"""The tail: contiguous, bounded, and without the texts of what was removed."""

import json

import pytest

from hubbub.domain import entries, limits
from hubbub.gateway.tail import TAIL_BYTES, TAIL_ENTRIES, Gap, Tail
from hubbub.protocol.codecs import JSON, MSGPACK, Codec
from hubbub.roomlog.stands import Stand
from tests.unit.gateway.fake_reader import payloads

BY = {"id": "u:1", "kind": "person"}


def stand(seq: int, kind: str = "message", **fields: object) -> Stand:
    body = {"seq": seq, "at": 1, "kind": kind, "by": BY} | ({"text": f"text {seq}"} if not fields else {})
    return Stand(seq, kind, entries.encode({**body, **fields}))


def tail_of(*stands: Stand) -> Tail:
    tail = Tail("place/agora", "k3", stands[0].seq - 1 if stands else 0)
    for one in stands:
        tail.append(one)
    return tail


def seqs(tail: Tail, after: int) -> list[int]:
    written, _ = tail.frames(JSON, after)
    return [json.loads(payload)["e"]["seq"] for payload in payloads(written)]


def test_an_empty_tail_begins_behind_its_head() -> None:
    tail = Tail("place/agora", "k3", 41)
    assert (tail.first, tail.head) == (42, 41)


def test_the_next_entry_is_taken() -> None:
    tail = tail_of(stand(1))
    assert tail.append(stand(2))
    assert (tail.first, tail.head) == (1, 2)


def test_an_entry_it_has_is_not_taken_again() -> None:
    tail = tail_of(stand(1), stand(2))
    assert not tail.append(stand(2))
    assert seqs(tail, 0) == [1, 2]


def test_an_entry_beyond_the_next_is_a_gap_and_changes_nothing() -> None:
    tail = tail_of(stand(1))
    with pytest.raises(Gap):
        tail.append(stand(3))
    assert tail.head == 1


def test_what_is_behind_the_tail_is_a_gap() -> None:
    with pytest.raises(Gap):
        tail_of(stand(5)).frames(JSON, 3)


def test_it_holds_at_most_so_many_entries() -> None:
    tail = tail_of(*[stand(seq) for seq in range(1, TAIL_ENTRIES + 11)])
    assert (tail.first, tail.head) == (11, TAIL_ENTRIES + 10)


def test_it_holds_at_most_so_many_bytes() -> None:
    tail = tail_of(*[stand(seq, text="x" * (TAIL_BYTES // 4)) for seq in range(1, 9)])
    assert (tail.first, tail.head) == (6, 8)


def test_frames_are_those_behind_the_cursor_in_order() -> None:
    assert seqs(tail_of(*[stand(seq) for seq in range(1, 9)]), 5) == [6, 7, 8]


def test_frames_far_behind_in_a_long_tail_are_the_same() -> None:
    assert seqs(tail_of(*[stand(seq) for seq in range(1, 201)]), 3) == list(range(4, 201))


def test_frames_end_where_one_write_is_full() -> None:
    tail = tail_of(*[stand(seq, text="x" * 20_000) for seq in range(1, 9)])
    written, upto = tail.frames(JSON, 0)
    assert len(written) <= limits.WRITE_CHUNK_BYTES
    assert upto == len(payloads(written)) == 3


def test_an_entry_that_is_more_than_one_write_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WRITE_CHUNK_BYTES", 10)
    assert seqs(tail_of(stand(1), stand(2)), 0) == [1]


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.name)
def test_a_frame_is_made_once_per_codec(codec: Codec) -> None:
    tail = tail_of(stand(1))
    tail.frames(codec, 0)
    made = tail._slots[0].frames[codec.name]
    tail.frames(codec, 0)
    assert tail._slots[0].frames[codec.name] is made


def test_a_removed_message_stands_without_its_text() -> None:
    tail = tail_of(stand(1), stand(2), stand(3, "removal", target=1))
    written, _ = tail.frames(JSON, 0)
    shown = [json.loads(payload)["e"] for payload in payloads(written)]
    assert shown[0] == {"seq": 1, "at": 1, "kind": "removed", "by": BY}
    assert shown[1]["text"] == "text 2"


def test_the_edits_of_a_removed_message_stand_without_text() -> None:
    tail = tail_of(stand(1), stand(2, "edit", target=1, text="new"), stand(3, "removal", target=1))
    assert b"new" not in tail.frames(JSON, 0)[0]


def test_a_frame_that_was_made_before_the_removal_is_made_anew() -> None:
    tail = tail_of(stand(1))
    assert b"text 1" in tail.frames(JSON, 0)[0]
    tail.append(stand(2, "removal", target=1))
    assert b"text 1" not in tail.frames(JSON, 0)[0]


def test_what_was_read_before_a_removal_was_heard_loses_its_text_too() -> None:
    tail = tail_of(stand(3, "removal", target=1))
    [shown] = tail.without_removed([stand(1)], as_of=2)
    assert shown.kind == "removed"
    assert b"text" not in shown.body


def test_what_was_read_after_a_removal_is_left_as_it_is() -> None:
    tail = tail_of(stand(3, "removal", target=1))
    read = [stand(2)]
    assert tail.without_removed(read, as_of=3) == read
