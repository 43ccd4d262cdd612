"""What many are answered alike is put together once, and never older than the turn it is asked in."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from hubbub.domain import limits
from hubbub.domain.state import RoomState
from hubbub.gateway.answers import REPLY_MARGIN_BYTES, Answers, newest, oldest
from hubbub.gateway.tail import Tail
from hubbub.protocol.codecs import CODECS, JSON, MSGPACK, Codec
from hubbub.roomlog.stands import Stand

ROOM = "place/agora"
CREATED = (
    b'{"seq":0,"at":1,"kind":"created","by":{"id":"u:1","kind":"person"},"title":"Agora","mode":"agora"}'
)
STATE = RoomState.created(ROOM, CREATED)


def body(seq: int) -> bytes:
    return b'{"seq":%d,"kind":"message"}' % seq


def tail(head: int) -> Tail:
    made = Tail(ROOM, "k1", 0)
    for seq in range(1, head + 1):
        made.append(Stand(seq, "message", body(seq)))
    return made


def decoded(codec: Codec, part: msgspec.Raw) -> Any:
    return json.loads(bytes(part)) if codec is JSON else msgspec.msgpack.decode(part)


@pytest.mark.parametrize("codec", CODECS)
async def test_a_resume_holds_the_state_and_what_follows(codec: Codec) -> None:
    answer = Answers().resume(codec, tail(5), STATE, 2)
    assert [entry["seq"] for entry in decoded(codec, answer.entries)] == [3, 4, 5]
    assert (decoded(codec, answer.state), answer.seq) == (STATE.card(), 5)


async def test_who_comes_from_the_same_place_in_the_same_turn_shares_one_answer() -> None:
    answers, room_tail = Answers(), tail(5)
    first = answers.resume(JSON, room_tail, STATE, 2)
    assert answers.resume(JSON, room_tail, STATE, 2) is first
    assert answers.resume(JSON, room_tail, STATE, 3) is not first
    assert answers.resume(MSGPACK, room_tail, STATE, 2) is not first


async def test_an_answer_shows_what_came_in_the_same_turn() -> None:
    answers, room_tail = Answers(), tail(5)
    answers.resume(JSON, room_tail, STATE, 2)
    room_tail.append(Stand(6, "message", body(6)))
    assert answers.resume(JSON, room_tail, STATE, 2).seq == 6


async def test_no_answer_outlives_the_turn() -> None:
    answers, room_tail = Answers(), tail(5)
    first = answers.resume(JSON, room_tail, STATE, 2)
    await asyncio.sleep(0)
    assert answers.resume(JSON, room_tail, STATE, 2) is not first


@pytest.mark.parametrize(("of", "kept"), [(oldest, [1, 2]), (newest, [9, 10])])
def test_what_is_too_long_for_one_reply_ends_early(
    monkeypatch: pytest.MonkeyPatch, of: Any, kept: list[int]
) -> None:
    state_bytes = len(JSON.encode_part(STATE.card()))
    monkeypatch.setattr(limits, "REPLY_BYTES", REPLY_MARGIN_BYTES + state_bytes + 3 * (len(body(1)) + 1) - 1)
    answer = of(JSON, STATE, [body(seq) for seq in range(1, 11)], 0)
    seqs = [entry["seq"] for entry in decoded(JSON, answer.entries)]
    assert [seqs[0], seqs[-1]] == kept
    assert answer.seq == (len(seqs) if of is oldest else 0)
