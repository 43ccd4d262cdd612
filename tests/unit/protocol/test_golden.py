"""Every frame of the protocol as bytes, in both encodings, against independent decoders."""

import json
from typing import get_args

import msgpack
import pytest

from hubbub.protocol import frames
from hubbub.protocol.codecs import CODECS, Codec
from tests.unit.protocol.golden import CLIENT_FRAMES, SERVER_FRAMES, Frame
from tests.unit.protocol.specimens import CLIENT, SERVER

both_codecs = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


def _named(frame: Frame) -> str:
    return frame.name


@pytest.mark.parametrize("golden", [*CLIENT_FRAMES, *SERVER_FRAMES], ids=_named)
def test_both_encodings_of_a_golden_frame_say_the_same(golden: Frame) -> None:
    assert msgpack.unpackb(bytes.fromhex(golden.msgpack)) == json.loads(golden.json)


@both_codecs
@pytest.mark.parametrize("golden", CLIENT_FRAMES, ids=_named)
def test_golden_frame_of_a_client_is_decoded_to_its_command(golden: Frame, codec: Codec) -> None:
    assert codec.decode(golden.in_codec(codec)) == CLIENT[golden.name]


@both_codecs
@pytest.mark.parametrize("golden", SERVER_FRAMES, ids=_named)
def test_frame_of_the_server_is_encoded_to_its_golden_bytes(golden: Frame, codec: Codec) -> None:
    assert codec.encode(SERVER[golden.name](codec)) == golden.in_codec(codec)


def test_there_is_a_golden_frame_of_every_kind() -> None:
    assert {type(CLIENT[golden.name]) for golden in CLIENT_FRAMES} == set(get_args(frames.ClientFrame))
    codec = CODECS[0]
    assert {type(SERVER[golden.name](codec)) for golden in SERVER_FRAMES} == set(get_args(frames.ServerFrame))


def test_every_specimen_has_its_golden_frame() -> None:
    assert [golden.name for golden in CLIENT_FRAMES] == list(CLIENT)
    assert [golden.name for golden in SERVER_FRAMES] == list(SERVER)
