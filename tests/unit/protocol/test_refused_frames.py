"""What is no well-formed command: the code, the ref and the field that the refusal names."""

import json

import msgpack
import pytest

from hubbub.protocol.codecs import JSON, MSGPACK, Codec, FrameRefused
from tests.unit.protocol.golden import REFUSED, Refused

CASES = [
    pytest.param(refused, codec, payload, id=f"{refused.name}-{codec.name}")
    for refused in REFUSED
    for codec, payload in refused.payloads()
]


def _refusal(codec: Codec, payload: bytes) -> FrameRefused:
    with pytest.raises(FrameRefused) as caught:
        codec.decode(payload)
    return caught.value


@pytest.mark.parametrize(("refused", "codec", "payload"), CASES)
def test_faulty_frame_is_refused_with_its_code_and_ref(
    refused: Refused, codec: Codec, payload: bytes
) -> None:
    found = _refusal(codec, payload)
    assert (found.refusal.code, found.ref) == (refused.code, refused.ref)


@pytest.mark.parametrize(("refused", "codec", "payload"), CASES)
def test_reason_of_a_refused_frame_names_the_field(refused: Refused, codec: Codec, payload: bytes) -> None:
    assert _refusal(codec, payload).refusal.reason.startswith(refused.field)


@pytest.mark.parametrize(("refused", "codec", "payload"), CASES)
def test_only_what_is_no_map_with_a_t_is_broken_and_only_ephemeral_frames_are_silent(
    refused: Refused, codec: Codec, payload: bytes
) -> None:
    found = _refusal(codec, payload)
    assert (found.is_broken, found.is_silent) == (refused.broken, refused.silent)


@pytest.mark.parametrize(("refused", "codec", "payload"), CASES)
def test_nack_of_a_refused_frame_can_be_said_in_both_encodings(
    refused: Refused, codec: Codec, payload: bytes
) -> None:
    nack = _refusal(codec, payload).nack
    assert json.loads(JSON.encode(nack)) == msgpack.unpackb(MSGPACK.encode(nack))


def test_reason_quotes_little_of_what_a_client_sent() -> None:
    for fields in ('"t":"%s","ref":1', '"t":"ping","ref":1,"%s":2', '"t":"mode","ref":1,"room":"%s"'):
        payload = ("{" + fields % ("x" * 60_000) + "}").encode()
        assert len(_refusal(JSON, payload).refusal.reason) < 1_000


def test_nack_of_a_refused_frame_carries_its_ref_and_code() -> None:
    assert JSON.encode(_refusal(JSON, b'{"t":"shout","ref":7}').nack) == (
        b'{"t":"nack","ref":7,"code":"unknown_command",'
        b'"reason":"t is shout, which this server does not know","temporary":false}'
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"t": "join", "ref": 1, "room": "a/b", "after": {"epoch": "k3"}}, "after.seq is missing"),
        ({"t": "join", "ref": 1, "room": "a/b", "after": {"seq": 1}}, "after.epoch is missing"),
        (
            {"t": "join", "ref": 1, "room": "a/b", "after": {"epoch": "k3", "seq": 1, "x": 2}},
            "after.x is unknown",
        ),
        (
            {"t": "publish", "ref": 1, "room": "a/b", "text": "x", "about": {"room": "a/c"}},
            "about.seq is missing",
        ),
    ],
)
@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.name)
def test_reason_names_a_field_within_a_field_by_its_path(
    codec: Codec, fields: dict[str, object], reason: str
) -> None:
    payload = json.dumps(fields).encode() if codec is JSON else msgpack.packb(fields)
    assert _refusal(codec, payload).refusal.reason == reason


@pytest.mark.parametrize("action", ["unmute", "unban"])
@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.name)
def test_the_end_of_a_sanction_takes_no_until(codec: Codec, action: str) -> None:
    fields = {"t": "sanction", "ref": 1, "room": "a/b", "action": action, "subject": "u:1", "reason": "r"}
    payloads = [
        json.dumps(made).encode() if codec is JSON else msgpack.packb(made)
        for made in (fields, {**fields, "until": 4_000_000_000_000})
    ]
    codec.decode(payloads[0])
    refusal = _refusal(codec, payloads[1]).refusal
    assert (refusal.code, refusal.reason.split()[0]) == ("bad_request", "until")
