"""Whatever the bytes: a command, or FrameRefused, and nothing else."""

import json
from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.protocol.closes import Shut
from hubbub.protocol.codecs import CODECS, JSON, MSGPACK, Codec, FrameRefused
from hubbub.protocol.session import Answer, Execute, Ignore, Session
from tests.unit.protocol.golden import CLIENT_FRAMES

both_codecs = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)

_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
_words = sorted({word for golden in CLIENT_FRAMES for word in json.loads(golden.json)})
_nearly = st.builds(
    lambda golden, changes, lost: {
        name: value for name, value in {**json.loads(golden.json), **changes}.items() if name != lost
    },
    st.sampled_from(CLIENT_FRAMES),
    st.dictionaries(st.sampled_from(_words), _anything, max_size=3),
    st.sampled_from(_words),
)


@st.composite
def _mutated(draw: st.DrawFn, codec: Codec) -> bytes:
    """A well-formed frame with some bytes changed, lost or put in."""
    payload = bytearray(draw(st.sampled_from(CLIENT_FRAMES)).in_codec(codec))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(payload)))
        payload[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(payload)


def _decode(codec: Codec, payload: bytes) -> None:
    try:
        codec.decode(payload)
    except FrameRefused as refused:
        codec.encode(refused.nack)  # the reply can be said in the same encoding


@both_codecs
@given(payload=st.binary(max_size=200))
@example(payload=b"")
@example(payload=b"\xef\xbb\xbf{}")
def test_random_bytes_are_refused_or_a_command(codec: Codec, payload: bytes) -> None:
    _decode(codec, payload)


@given(_mutated(JSON))
def test_mutated_json_frame_is_refused_or_a_command(payload: bytes) -> None:
    _decode(JSON, payload)


@given(_mutated(MSGPACK))
def test_mutated_messagepack_frame_is_refused_or_a_command(payload: bytes) -> None:
    _decode(MSGPACK, payload)


@given(_nearly)
def test_frame_with_wrong_fields_is_refused_or_a_command(fields: dict[str, Any]) -> None:
    _decode(JSON, json.dumps(fields).encode())
    _decode(MSGPACK, msgpack.packb(fields))


@both_codecs
@given(payloads=st.lists(st.binary(max_size=40) | st.sampled_from(CLIENT_FRAMES), max_size=10))
def test_session_gives_one_step_for_any_message(codec: Codec, payloads: list[Any]) -> None:
    session = Session(codec, 0.0)
    for now, payload in enumerate(payloads):
        message = payload if isinstance(payload, bytes) else payload.in_codec(codec)
        step = session.receive(message, codec.is_binary, float(now))
        assert isinstance(step, Execute | Answer | Ignore | Shut)
