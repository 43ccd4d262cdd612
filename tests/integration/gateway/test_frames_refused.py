"""Frames that are no commands, and commands with a fault: who is told what (protocol, section 2)."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, log_of, settled
from tests.support.client import Client

TOO_MANY = "x" * 4_001


@pytest.mark.parametrize("t", ["dance", "", "Publish", "welcome", "entry", "p" * 10_000])
async def test_an_unknown_command_is_told_so(scene: Scene, t: str) -> None:
    client = await scene.person()
    assert_refused(await client.ask({"t": t, "room": scene.room, "deep": {"x": [1]}}), "unknown_command")


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("colour", {"t": "publish", "room": "{room}", "text": "x", "colour": 1}),
    ("text", {"t": "publish", "room": "{room}"}),
    ("text", {"t": "publish", "room": "{room}", "text": 7}),
    ("text", {"t": "publish", "room": "{room}", "text": ""}),
    ("text", {"t": "publish", "room": "{room}", "text": " \n\t "}),
    ("text", {"t": "publish", "room": "{room}", "text": "\u200b\u2060\ufeff"}),
    ("text", {"t": "publish", "room": "{room}", "text": "a\u0000b"}),
    ("text", {"t": "edit", "room": "{room}", "target": 1, "text": "\u0000"}),
    ("room", {"t": "publish", "text": "x"}),
    ("room", {"t": "publish", "room": "place", "text": "x"}),
    ("room", {"t": "publish", "room": "Place/Agora", "text": "x"}),
    ("room", {"t": "publish", "room": "place/-x", "text": "x"}),
    ("room", {"t": "publish", "room": "place/a/b", "text": "x"}),
    ("room", {"t": "publish", "room": "place/" + "a" * 64, "text": "x"}),
    ("room", {"t": "join", "room": "place/"}),
    ("room", {"t": "join", "room": "place/a\n"}),
    ("room", {"t": "leave", "room": 1}),
    ("hub", {"t": "watch", "hub": "place/agora"}),
    ("hub", {"t": "watch"}),
    ("id", {"t": "publish", "room": "{room}", "text": "x", "id": ""}),
    ("id", {"t": "publish", "room": "{room}", "text": "x", "id": "i" * 65}),
    ("id", {"t": "publish", "room": "{room}", "text": "x", "id": "é"}),
    ("id", {"t": "publish", "room": "{room}", "text": "x", "id": "a\tb"}),
    ("id", {"t": "publish", "room": "{room}", "text": "x", "id": 12}),
    ("reply_to", {"t": "publish", "room": "{room}", "text": "x", "reply_to": "1"}),
    ("reply_to", {"t": "publish", "room": "{room}", "text": "x", "reply_to": 1.5}),
    ("reply_to", {"t": "publish", "room": "{room}", "text": "x", "reply_to": -1}),
    ("reply_to", {"t": "publish", "room": "{room}", "text": "x", "reply_to": 2**53}),
    ("about", {"t": "publish", "room": "{room}", "text": "x", "about": "place/agora"}),
    ("seq", {"t": "publish", "room": "{room}", "text": "x", "about": {"room": "place/agora"}}),
    ("question", {"t": "publish", "room": "{room}", "text": "x", "question": 1}),
    ("data", {"t": "publish", "room": "{room}", "text": "x", "data": {"big": 2**53}}),
    ("attachments", {"t": "publish", "room": "{room}", "text": "x", "attachments": []}),
    ("target", {"t": "edit", "room": "{room}", "text": "x"}),
    ("target", {"t": "remove", "room": "{room}", "target": "1"}),
    ("emoji", {"t": "react", "room": "{room}", "target": 1, "emoji": "ab", "on": True}),
    ("emoji", {"t": "react", "room": "{room}", "target": 1, "emoji": "", "on": True}),
    ("emoji", {"t": "react", "room": "{room}", "target": 1, "emoji": "👍👍", "on": True}),
    ("on", {"t": "react", "room": "{room}", "target": 1, "emoji": "👍", "on": 1}),
    ("on", {"t": "react", "room": "{room}", "target": 1, "emoji": "👍"}),
    ("mode", {"t": "mode", "room": "{room}", "mode": "quiet", "reason": "x"}),
    ("reason", {"t": "mode", "room": "{room}", "mode": "agora"}),
    ("reason", {"t": "mode", "room": "{room}", "mode": "agora", "reason": ""}),
    ("reason", {"t": "mode", "room": "{room}", "mode": "agora", "reason": "x" * 501}),
    ("until", {"t": "mode", "room": "{room}", "mode": "agora", "reason": "x", "until": "soon"}),
    ("title", {"t": "settings", "room": "{room}", "title": "x" * 65}),
    ("title", {"t": "settings", "room": "{room}", "title": "a\u202eb"}),
    ("topic", {"t": "settings", "room": "{room}", "topic": "x" * 501}),
    ("slow_ms", {"t": "settings", "room": "{room}", "slow_ms": -1}),
    ("slow_ms", {"t": "settings", "room": "{room}", "slow_ms": 86_400_001}),
    ("discussion", {"t": "settings", "room": "{room}", "discussion": "nowhere"}),
    ("subject", {"t": "grant", "room": "{room}", "role": "speaker", "reason": "x"}),
    ("subject", {"t": "grant", "room": "{room}", "subject": "", "role": "speaker", "reason": "x"}),
    ("role", {"t": "grant", "room": "{room}", "subject": "u:1", "role": "king", "reason": "x"}),
    ("reason", {"t": "grant", "room": "{room}", "subject": "u:1", "role": "speaker"}),
    ("action", {"t": "sanction", "room": "{room}", "action": "kick", "subject": "u:1", "reason": "x"}),
    ("reason", {"t": "sanction", "room": "{room}", "action": "mute", "subject": "u:1"}),
    ("scope", {"t": "sanction", "room": "{room}", "action": "ban", "subject": "u", "reason": "", "scope": 1}),
    ("action", {"t": "floor", "room": "{room}", "action": "steal"}),
    ("subject", {"t": "floor", "room": "{room}", "action": "give"}),
    ("limit", {"t": "join", "room": "{room}", "limit": 301}),
    ("limit", {"t": "join", "room": "{room}", "limit": -1}),
    ("limit", {"t": "join", "room": "{room}", "limit": "50"}),
    ("after", {"t": "join", "room": "{room}", "after": 5}),
    ("epoch", {"t": "join", "room": "{room}", "after": {"seq": 5}}),
    ("limit", {"t": "history", "room": "{room}", "limit": 0}),
    ("limit", {"t": "history", "room": "{room}", "limit": 301}),
    ("before", {"t": "history", "room": "{room}", "before": 5, "after": 1}),
    ("before", {"t": "history", "room": "{room}", "before": -5}),
    ("of", {"t": "people", "hub": "place", "of": "secrets"}),
]  # fmt: skip


async def test_a_faulty_field_is_refused_by_its_name(scene: Scene) -> None:
    client = await scene.moderator()
    for field, command in FAULTS:
        sent = {name: scene.room if value == "{room}" else value for name, value in command.items()}
        refused = assert_refused(await client.ask(sent), "bad_request")
        assert field in refused["reason"], command
    assert await log_of(client, scene.room) == []


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("text", {"text": TOO_MANY}),
        ("text", {"text": "é" * 4_001}),
        ("data", {"text": "x", "data": {"d": "y" * 4_089}}),
    ],
)
async def test_what_is_over_a_limit_is_too_large(scene: Scene, field: str, fields: dict[str, Any]) -> None:
    client = await scene.person()
    refused = assert_refused(await client.ask({"t": "publish", "room": scene.room, **fields}), "too_large")
    assert field in refused["reason"]
    assert await log_of(client, scene.room) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "x" * 4_000},
        {"text": "𝒳" * 4_000},
        {"text": "x", "data": {"d": "y" * 4_088}},
        {"text": "x", "data": {"d": "é" * 2_044}},
        {"text": "x", "data": [[[[[[[[1]]]]]]]]},
        {"text": "x", "data": {"n": 2**53 - 1, "m": -(2**53) + 1, "f": 1.5, "z": None, "b": False, "é": ""}},
        {"text": "x", "id": " ~" * 32},
        {"text": "x", "data": "just a string"},
    ],
)
async def test_what_is_just_within_every_limit_is_published(scene: Scene, fields: dict[str, Any]) -> None:
    client = await scene.person()
    seq = assert_acked(await client.ask({"t": "publish", "room": scene.room, **fields}))
    entry = (await client.expect_entry(scene.room, seq=seq))["e"]
    assert {name: entry[name] for name in fields} == fields


async def test_data_nested_deeper_than_eight_is_refused(scene: Scene) -> None:
    client = await scene.person()
    data: list[Any] = [[[[[[[[[1]]]]]]]]]
    refused = assert_refused(await client.publish(scene.room, "x", data=data), "bad_request")
    assert "data" in refused["reason"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", str(2**53), "9" * 5_000])
async def test_numbers_that_json_readers_do_not_share_are_refused(one_scene: Scene, number: str) -> None:
    client = await one_scene.person()
    before = f'{{"t":"publish","ref":77,"room":"{one_scene.room}","text":"x","data":{{"n":'
    client.send_message(f"{before}{number}}}}}".encode(), is_binary=False)
    await settled(client)
    refused = await client.expect("nack")
    assert refused["t"] == "nack" and refused["code"] == "bad_request" and refused["ref"] in (0, 77)
    assert await log_of(client, one_scene.room) == []


@pytest.mark.parametrize("text", [r"\ud800", r"a\udfffb", r"\udc00\ud800"])
@pytest.mark.parametrize("field", ["text", "id", "room", "data"])
async def test_half_a_surrogate_pair_is_refused_wherever_it_stands(
    one_scene: Scene, field: str, text: str
) -> None:
    client = await one_scene.person()
    fields = {"room": f'"{one_scene.room}"', "text": '"x"', field: f'"{text}"'}
    rest = ",".join(f'"{name}":{value}' for name, value in fields.items())
    client.send_message(f'{{"t":"publish","ref":77,{rest}}}'.encode(), is_binary=False)
    await settled(client)
    refused = await client.expect("nack")
    assert refused["code"] == "bad_request" and refused["ref"] == 77 and field in refused["reason"]
    assert await log_of(client, one_scene.room) == []


@pytest.mark.parametrize("ref", [0, -1, 2**32, 1.0, "1", None, True, [1], 2**53])
async def test_a_command_without_a_usable_ref_is_refused_under_ref_0(scene: Scene, ref: object) -> None:
    client = await scene.person()
    client.send_frame({"t": "publish", "ref": ref, "room": scene.room, "text": "x"})
    assert_refused(await client.expect("nack", ref=0), "bad_request")
    client.send_frame({"t": "publish", "room": scene.room, "text": "x"})
    assert_refused(await client.expect("nack", ref=0), "bad_request")
    assert await log_of(client, scene.room) == []


@pytest.mark.parametrize("ref", [1, 2**32 - 1])
async def test_the_smallest_and_the_largest_ref_come_back(scene: Scene, ref: int) -> None:
    client = await scene.person()
    client.send_frame({"t": "publish", "ref": ref, "room": scene.room, "text": "x"})
    ack = await client.expect("ack")
    assert ack["ref"] == ref


async def test_a_thousand_faulty_commands_close_nothing(scene: Scene) -> None:
    client = await scene.person()
    refs = [client.send({"t": "publish", "room": scene.room}) for _ in range(1_000)]
    for ref in refs:
        assert_refused(await client.answer(ref), "bad_request")
    assert_acked(await client.publish(scene.room, "still here"))


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "typing"},
        {"t": "typing", "room": "nowhere"},
        {"t": "typing", "room": "place/unknown"},
        {"t": "typing", "room": 5, "x": 1},
        {"t": "seen"},
        {"t": "seen", "room": "place/unknown", "seq": 5},
        {"t": "seen", "room": "place/unknown", "seq": "5"},
        {"t": "seen", "room": "place/unknown", "seq": -1},
        {"t": "pong", "more": 1},
        {"t": "pong"},
    ],
)
async def test_a_faulty_typing_or_seen_gets_no_reply(scene: Scene, frame: dict[str, Any]) -> None:
    client = await scene.person()
    for _ in range(4):
        client.send_frame(frame)
    await settled(client)
    assert [push for push in client.inbox if push["t"] == "nack"] == []


def packed(frame: dict[str, Any]) -> bytes:
    return bytes(msgpack.packb(frame))


BROKEN_JSON = [
    b"", b"{", b"nonsense", b"[]", b"[1,2]", b"null", b"true", b"7", b'"publish"', b"{}", b'{"t":7}',
    b'{"t":null}', b'{"t":["publish"],"ref":1}', b'{"ref":1,"room":"place/agora"}', b"{'t':'ping'}",
    b'{"t":"ping","ref":1}x', b'{"t":"ping","ref":1}{"t":"ping","ref":2}', b"[" * 30_000, b'{"t":' * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"\xef\xbb\xbf[]", b'{"t":"ping" "ref":1}',
    b"{" + b" " * 60_000, b'{"\\ud800":1}', b"\x00\x01\x02", b"1" * 60_000, b"-",
]  # fmt: skip
BROKEN_MSGPACK = [
    b"", b"\xc1", b"\xc0", b"\x90", b"\x07", b"\xa4ping", b"\x80", b"\x81\xa1t\x07", b"\x81\xa1t\xc4\x04ping",
    b"\x81\x01\x02", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01", b"\x91" * 60_000, b"\x81\xa1a" * 20_000,
    b"\x82\xa1t\xa4ping", b"\xd4\x01\x00", b"\xc7\x08\xff" + b"\x00" * 8, b"\x81\xc4\x01t\xa4ping",
    packed({"t": "ping", "ref": 1}) + b"\x00", packed({"t": "ping", "ref": 1})[:-1],
    b"\x81\xa1t\xa4\xff\xfe\xfd\xfc",
]  # fmt: skip


@pytest.mark.parametrize("codec", ["json", "msgpack"])
async def test_what_is_no_map_with_a_type_is_refused_under_ref_0_and_changes_nothing(
    one_scene: Scene, codec: str
) -> None:
    for payload in BROKEN_JSON if codec == "json" else BROKEN_MSGPACK:
        client = await one_scene.person(codec="json" if codec == "json" else "msgpack")
        client.send_message(payload, is_binary=codec == "msgpack")
        refused = assert_refused(await client.expect("nack"), "bad_request")
        assert refused["ref"] == 0, payload[:40]
        await settled(client)
        await client.close()
    assert "Traceback" not in one_scene.node.output


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", b"bytes"),
        ("text", msgpack.ExtType(5, b"x")),
        ("text", msgpack.Timestamp(1)),
        ("data", {"x": b"bytes"}),
        ("data", {"x": msgpack.ExtType(1, b"")}),
        ("data", {1: "a number for a key"}),
        ("data", {None: "nothing for a key"}),
        ("data", 2**64 - 1),
        ("data", -(2**63)),
        ("data", float("nan")),
        ("data", float("inf")),
        ("reply_to", 2**63),
        ("room", b"place/agora"),
        ("id", b"id"),
    ],
)
async def test_what_msgpack_has_beyond_json_is_refused(
    shared_scene: Scene, field: str, value: object
) -> None:
    client = await shared_scene.person(codec="msgpack")
    command = {"t": "publish", "ref": 77, "room": shared_scene.room, "text": "x", field: value}
    client.send_message(bytes(msgpack.packb(command)), is_binary=True)
    refused = assert_refused(await client.expect("nack"), "bad_request")
    assert refused["ref"] == 77 and field in refused["reason"]
    assert await log_of(client, shared_scene.room) == []


async def test_a_claim_of_a_huge_array_costs_no_memory(shared_scene: Scene) -> None:
    before = resident_bytes(shared_scene.node.pid)
    head = b"\x84\xa1t\xa7publish\xa3ref\x4d\xa4text\xa1x\xa4data"
    for claim in (b"\xdd\x7f\xff\xff\xff", b"\xdf\x7f\xff\xff\xff", b"\xdd\x00\x00\xff\xf0" * 12_000):
        client = await shared_scene.person(codec="msgpack")
        client.send_message(head + claim, is_binary=True)
        refused = assert_refused(await client.expect("nack"), "bad_request")
        assert refused["ref"] in (0, 77)
        await client.close()
    assert resident_bytes(shared_scene.node.pid) - before < 32 * 2**20


def resident_bytes(pid: int) -> int:
    """The memory a process holds now."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4_096


async def test_the_third_broken_frame_within_a_minute_closes_with_4501(scene: Scene) -> None:
    client = await scene.person()
    for _ in range(2):
        client.send_message(
            b"\xc1" if client.codec == "msgpack" else b"[", is_binary=client.codec == "msgpack"
        )
        assert_refused(await client.expect("nack", ref=0), "bad_request")
    assert_acked(await client.publish(scene.room, "two are forgiven"))
    client.send_message(b"\xc1" if client.codec == "msgpack" else b"[", is_binary=client.codec == "msgpack")
    assert await client.close_code() == 4501


async def test_a_message_of_exactly_the_largest_size_is_read(scene: Scene) -> None:
    client = await scene.person()
    room, is_binary = scene.room, scene.codec == "msgpack"
    command = {"t": "publish", "ref": 77, "room": room, "text": ""}
    empty = packed({**command, "text": "x" * 300}) if is_binary else json.dumps(command).encode()
    room_left = 65_536 - len(empty) + (300 if is_binary else 0)
    text = "x" * room_left
    payload = (
        packed({**command, "text": text}) if is_binary else json.dumps({**command, "text": text}).encode()
    )
    assert len(payload) == 65_536
    client.send_message(payload, is_binary=is_binary)
    assert_refused(await client.expect("nack", ref=77), "too_large")


async def test_a_stranger_who_only_breaks_frames_is_closed_before_welcome(scene: Scene) -> None:
    client = await scene.stranger()
    for _ in range(3):
        client.send_message(
            b"\xc1" if client.codec == "msgpack" else b"[", is_binary=client.codec == "msgpack"
        )
    assert await client.close_code() == 4501


async def test_a_key_that_stands_twice_is_read_once(one_scene: Scene) -> None:
    client: Client = await one_scene.person()
    text = f'{{"t":"publish","ref":77,"room":"{one_scene.room}","text":"first","text":"second"}}'
    client.send_message(text.encode(), is_binary=False)
    await settled(client)
    assert len(await log_of(client, one_scene.room)) <= 1
