"""What the codecs promise beyond single frames: agreement, frames around stored entries, choice."""

import json
import tracemalloc
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain import limits
from hubbub.protocol import frames
from hubbub.protocol.codecs import CODECS, JSON, MSGPACK, Codec, FrameRefused, negotiate
from hubbub.protocol.frames import Hello, Publish
from tests.unit.protocol.specimens import STORED

both_codecs = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)

_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50)
_integers = st.integers(-limits.SAFE_INTEGER, limits.SAFE_INTEGER)
_floats = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | _integers | _floats | _texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_texts.map(lambda key: f"k{key}"), inner, max_size=3)
    ),
    max_leaves=6,
)


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


_publishes = st.fixed_dictionaries(
    {
        "t": st.just("publish"),
        "ref": st.integers(1, limits.REF_MAX),
        "room": st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
        "text": _texts.map(lambda text: f"{text}."),
    },
    optional={
        "id": st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64),
        "reply_to": st.integers(0, limits.SAFE_INTEGER),
        "about": st.fixed_dictionaries({"room": st.just("place/news"), "seq": st.integers(0, 9)}),
        "question": st.booleans(),
        "data": _json.filter(lambda value: value is not None and _depth(value) <= limits.DATA_DEPTH),
        "epoch": st.text("abc0", min_size=1, max_size=9),
    },
)


@given(_publishes)
def test_both_codecs_read_the_same_command_and_lose_nothing(fields: dict[str, Any]) -> None:
    from_json = JSON.decode(json.dumps(fields).encode())
    from_msgpack = MSGPACK.decode(msgpack.packb(fields))
    assert from_json == from_msgpack
    told = msgspec.to_builtins(from_json)
    assert {name: told[name] for name in fields} == fields


@given(_json)
def test_body_of_a_stored_entry_says_the_same_in_both_codecs(value: Any) -> None:
    stored = json.dumps({"seq": 1, "data": value}, ensure_ascii=False).encode()
    assert JSON.body(stored) == stored
    assert msgpack.unpackb(MSGPACK.body(stored)) == json.loads(stored)


@both_codecs
@given(room=st.from_regex(r"[a-z]{1,63}/[a-z]{1,63}", fullmatch=True), epoch=st.text("null\xc0", max_size=9))
def test_entry_frame_around_a_body_is_the_encoded_push(codec: Codec, room: str, epoch: str) -> None:
    body = codec.body(STORED.encode())
    before, after = codec.entry_frame(room, epoch)
    push = frames.EntryPush(room=room, epoch=epoch, e=msgspec.Raw(body))
    assert before + body + after == codec.encode(push)


@both_codecs
def test_name_is_normalised_on_the_way_in(codec: Codec) -> None:
    fields = {"t": "hello", "ref": 1, "name": "Ame\u0301lie", "later": [{}]}
    payload = msgpack.packb(fields) if codec.is_binary else json.dumps(fields).encode()
    assert codec.decode(payload) == Hello(ref=1, name="Am\u00e9lie")


@both_codecs
def test_null_in_an_optional_field_is_the_same_as_leaving_it_out(codec: Codec) -> None:
    fields = {"t": "publish", "ref": 1, "room": "a/b", "text": "hi", "reply_to": None, "data": None}
    payload = msgpack.packb(fields) if codec.is_binary else json.dumps(fields).encode()
    assert codec.decode(payload) == Publish(ref=1, room="a/b", text="hi")


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert JSON.decode(b'{"t":"ping","ref":1,"ref":2}') == MSGPACK.decode(
        b"\x83\xa1t\xa4ping\xa3ref\x01\xa3ref\x02"
    )


def test_surrogate_pair_of_escapes_is_one_character() -> None:
    command = JSON.decode(b'{"t":"publish","ref":1,"room":"a/b","text":"\\ud83d\\udc4d"}')
    assert command == Publish(ref=1, room="a/b", text="👍")


_HEAD = bytes.fromhex("85") + msgpack.packb({"t": "publish", "ref": 1, "room": "a/b", "text": "x"})[1:]
HOSTILE = {
    "deep arrays": b"\x91" * 60_000,
    "arrays that claim to be long, within one another": b"\xdd\x00\x00\xe0\x00" * 900 + b"\x00" * 58_000,
    "an array that claims 4 billion items": b"\xdd\xff\xff\xff\xff",
    "a map that claims 4 billion items": b"\xdf\xff\xff\xff\xff",
    "a string that claims 4 GB": b"\xdb\xff\xff\xff\xff",
    "an ext that claims 4 GB": b"\xc9\xff\xff\xff\xff\x01",
}


@pytest.mark.parametrize("field", [b"\xa4data", b"\xa7unknown"])
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_messagepack_costs_no_memory(field: bytes, value: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FrameRefused):
            MSGPACK.decode(_HEAD + field + value)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_000_000


@pytest.mark.parametrize("value", ["[" * 30_000 + "]" * 30_000, '{"x":' * 10_000 + "1" + "}" * 10_000])
@pytest.mark.parametrize("field", ["data", "unknown", "ref"])
def test_deep_json_is_refused(field: str, value: str) -> None:
    with pytest.raises(FrameRefused):
        JSON.decode(f'{{"t":"publish","ref":1,"room":"a/b","text":"x","{field}":{value}}}'.encode())


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        (JSON, b'{"t":"hello","ref":1,"name":"A","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
        (MSGPACK, b"\x84\xa1t\xa5hello\xa3ref\x01\xa4name\xa1A\xa1x" + b"\x91" * 60_000 + b"\x01"),
    ],
    ids=["json", "msgpack"],
)
def test_frame_too_deep_to_be_read_is_broken_even_where_unknown_fields_are_ignored(
    codec: Codec, payload: bytes
) -> None:
    with pytest.raises(FrameRefused) as caught:
        codec.decode(payload)
    assert caught.value.is_broken


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], JSON),
        (["hubbub.v1.msgpack"], MSGPACK),
        (["hubbub.v1.json", "hubbub.v1.msgpack"], JSON),
        (["chat", "hubbub.v1.msgpack", "hubbub.v1.json"], MSGPACK),
        (["chat", "HUBBUB.V1.JSON"], None),
    ],
)
def test_first_known_subprotocol_is_chosen(offered: list[str], chosen: Codec | None) -> None:
    assert negotiate(offered) is chosen
