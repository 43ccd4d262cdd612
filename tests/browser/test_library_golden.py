"""The library speaks the frames that every implementation is measured by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.library import run, scene
from tests.unit.protocol.golden import CLIENT_FRAMES, SERVER_FRAMES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BYTES = "const bytes = (hex) => Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16)).buffer;"


async def test_a_frame_of_the_server_is_the_same_in_both_encodings(scripted: Page) -> None:
    given = [[frame.json, frame.msgpack] for frame in SERVER_FRAMES]

    read = await run(
        scripted,
        "codec.js",
        f"""{BYTES}
        const [json, msgpack] = ["hubbub.v1.json", "hubbub.v1.msgpack"].map(lib.codecOf);
        return given.map(([text, hex]) => [json.decode(text), msgpack.decode(bytes(hex))]);""",
        given,
    )

    assert read == [[json.loads(text)] * 2 for text, _ in given]


async def test_a_frame_of_a_client_is_encoded_byte_by_byte_as_it_should_be(scripted: Page) -> None:
    given = [[frame.name, frame.json] for frame in CLIENT_FRAMES]

    written = await run(
        scripted,
        "codec.js",
        """const [json, msgpack] = ["hubbub.v1.json", "hubbub.v1.msgpack"].map(lib.codecOf);
        const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        return given.map(([name, text]) => [name, hex(msgpack.encode(JSON.parse(text)))]);""",
        given,
    )

    assert written == [[frame.name, frame.msgpack] for frame in CLIENT_FRAMES]


async def test_every_frame_of_the_server_is_taken_without_a_fault(scripted: Page) -> None:
    state = await scene(
        scripted,
        """for (const text of GIVEN) socket.onmessage({data: text});
        await turns();
        return client.state;""".replace("GIVEN", json.dumps([frame.json for frame in SERVER_FRAMES])),
        joined='{epoch: "k3", seq: 57}',
    )

    assert state == "online"


async def test_pushes_are_understood(scripted: Page) -> None:
    pushes = {frame.name: json.loads(frame.json) for frame in SERVER_FRAMES}

    seen = await scene(
        scripted,
        """const pushes = GIVEN;
        client.hub.fill({...pushes.watching, rooms: [{...pushes.watching.rooms[0], seen: 57}]});
        const who = client.who(room);
        await socket.answer("who", pushes["who, count only"]);
        await who;
        const names = ["entry", "typing", "presence", "rights", "heads", "room"];
        for (const name of names) socket.tell(pushes[name]);
        const seen = {
            text: room.entryAt(58).text,
            typists: room.typists.map((one) => one.name),
            people: [...room.people.values()].map((one) => one.name),
            present: room.present,
            role: room.role,
            card: client.hub.cards.get(room.address),
        };
        socket.tell(pushes["presence, count only"]);
        return [seen, room.present, room.people.size];""".replace("GIVEN", json.dumps(pushes)),
        joined='{epoch: "k3", seq: 57}',
    )

    before, present, named = seen
    assert before == {
        "text": "Été 👍",
        "typists": ["Amina"],
        "people": ["Amina"],
        "present": 12,
        "role": "speaker",
        "card": {**before["card"], "seq": 59, "messages": 1, "state": pushes["room"]["state"]},
    }
    assert (present, named) == (120, 0)


async def test_every_command_has_the_shape_of_a_golden_one(scripted: Page) -> None:
    shapes: dict[str, dict[str, Any]] = {}
    for frame in CLIENT_FRAMES:
        golden = json.loads(frame.json)
        shapes.setdefault(golden["t"], {}).update(golden)

    sent = await scene(
        scripted,
        """client.typing(room);
        const about = {room: "place/communiques", seq: 12};
        client.publish(room, "Oui", {replyTo: 57, question: true, about});
        client.ping();
        client.act(room, {t: "react", target: 58, emoji: "👍", on: true});
        client.loadEarlier(room);
        client.hub.fill({role: "owner", rooms: [{room: room.address, state: {}, seq: 57, messages: 1}]});
        client.sawUpTo(room, 57);
        const who = client.who(room);
        await socket.answer("who", {t: "who", count: 3, who: [{id: "u:1"}], more: "u:1"});
        client.people("sanctions");
        await turns();
        socket.tell({t: "ping"});
        socket.tell({t: "reset", room: room.address});
        await socket.join({epoch: "k3", seq: 57, recovered: true});
        client.leave("place/other");
        client.open("place/other");
        await socket.join();
        client.leave("place/other");
        return socket.sent;""",
        joined='{epoch: "k3", seq: 57, entries: [message(57)]}',
    )

    assert {frame["t"] for frame in sent} == {
        "hello", "watch", "join", "leave", "history", "publish", "react", "typing", "seen", "who", "people",
        "ping", "pong",
    }  # fmt: skip
    for frame in sent:
        fields = {"id": "", **shapes[frame["t"]]}
        assert {name: type(value) for name, value in frame.items()} == {
            name: type(fields[name]) for name in frame
        }
