"""What all who join at the same moment are answered alike, put together once.

Knows the part of a `joined` that depends on the room and on where somebody was, not on who asks. Refuses
to know when somebody may join, and what is their own in the reply (reading).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hubbub.domain import limits
from hubbub.domain.state import RoomState
from hubbub.gateway.tail import Tail
from hubbub.protocol.codecs import Codec

REPLY_MARGIN_BYTES = 2_048
"""Of a reply's bytes left for what is not an entry."""

ANSWERS = 16
"""Kept of one room for one turn: people who were cut off together stopped at few places, and each is long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The room's state, and entries up to `seq`; both encoded."""

    state: msgspec.Raw
    entries: msgspec.Raw
    seq: int


class Answers:
    """The answers of one room that were put together in this turn of the event loop.

    They are dropped with the turn, so that they hold no memory and nothing can grow old in them; whoever
    waited for the same reading of the store asks in the same turn.
    """

    def __init__(self) -> None:
        self._answer_by_place: dict[tuple[str, str, int, int], Answer] = {}

    def resume(self, codec: Codec, tail: Tail, state: RoomState, after: int) -> Answer:
        """What follows `after`, which the tail must hold, as much of it as one reply may hold."""
        place = (codec.name, tail.epoch, tail.head, after)
        answer = self._answer_by_place.get(place)
        if answer is None:
            bodies = [codec.body(stand.body) for stand in tail.stands(after, tail.head)]
            answer = oldest(codec, state, bodies, after)
            if not self._answer_by_place:
                asyncio.get_running_loop().call_soon(self._answer_by_place.clear)
            if len(self._answer_by_place) < ANSWERS:
                self._answer_by_place[place] = answer
        return answer


def oldest(codec: Codec, state: RoomState, bodies: Sequence[bytes], after: int) -> Answer:
    """As many of the bodies behind `after`, from the oldest on, as one reply may hold; at least one."""
    encoded = codec.encode_part(state.card())
    kept = fitting(bodies, len(encoded))
    return Answer(msgspec.Raw(encoded), codec.array(kept), after + len(kept))


def newest(codec: Codec, state: RoomState, bodies: Sequence[bytes], seq: int) -> Answer:
    """As many of the bodies up to `seq`, from the newest back, as one reply may hold; at least one."""
    encoded = codec.encode_part(state.card())
    kept = fitting(bodies[::-1], len(encoded))[::-1]
    return Answer(msgspec.Raw(encoded), codec.array(kept), seq)


def fitting(bodies: Sequence[bytes], besides_bytes: int = 0) -> list[bytes]:
    """As many of the bodies, from the first, as one reply may hold beside the rest; at least one."""
    kept: list[bytes] = []
    left = limits.REPLY_BYTES - REPLY_MARGIN_BYTES - besides_bytes
    for body in bodies:
        left -= len(body) + 1
        if left < 0 and kept:
            break
        kept.append(body)
    return kept
