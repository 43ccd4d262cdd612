"""How the library stays connected: when it comes back, when it does not, and what it offers."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser.library import run, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_both_encodings_are_offered_the_smaller_one_first(scripted: Page) -> None:
    assert await scene(scripted, "return socket.offered;") == ["hubbub.v1.msgpack", "hubbub.v1.json"]


async def test_a_frame_that_nobody_can_read_ends_the_connection_and_is_told(scripted: Page) -> None:
    heard, code, state = await scene(
        scripted,
        """socket.onmessage({data: '{"t":"entry"'});
        await turns();
        return [heard, socket.closedWith, client.state];""",
    )

    assert heard == ["ended refused"]
    assert (code, state) == (4501, "ended")


@pytest.mark.parametrize("broken", ["[]", "7", "null", '{"ref":1}', '{"t":7}'])
async def test_a_frame_is_a_map_with_a_type(scripted: Page, broken: str) -> None:
    assert await run(
        scripted,
        "codec.js",
        "try { lib.codecOf('hubbub.v1.json').decode(given); } catch { return true; }",
        broken,
    )


async def test_bytes_where_text_was_agreed_on_are_no_frame_and_the_other_way_round(scripted: Page) -> None:
    refused = await run(
        scripted,
        "codec.js",
        """return [["hubbub.v1.json", new Uint8Array([0x80]).buffer], ["hubbub.v1.msgpack", "{}"]]
            .map(([name, payload]) => {
                try { lib.codecOf(name).decode(payload); } catch (fault) { return fault.message; }
            });""",
    )

    assert refused == ["bytes, where text was agreed on", "text, where bytes were agreed on"]


async def test_a_frame_cannot_claim_more_than_it_could_hold(scripted: Page) -> None:
    claims = {"text": "dbffffffff", "list": "ddffffffff", "map": "dfffffffff", "bytes": "c6ffffffff"}

    refused = await run(
        scripted,
        "codec.js",
        """const codec = lib.codecOf("hubbub.v1.msgpack");
        return Object.values(given).map((hex) => {
            const bytes = ["81", "a1", "74", ...hex.match(/../g)].map((two) => parseInt(two, 16));
            try {
                codec.decode(Uint8Array.from(bytes).buffer);
            } catch (fault) {
                return fault.message.includes("exceed");
            }
        });""",
        claims,
    )

    assert refused == [True] * len(claims)


async def test_a_key_that_would_become_a_prototype_is_just_a_key(scripted: Page) -> None:
    seen = await run(
        scripted,
        "codec.js",
        """const codec = lib.codecOf("hubbub.v1.msgpack");
        const bytes = codec.encode(JSON.parse('{"t":"entry","data":{"__proto__":{"isAdmin":true}}}'));
        const {data} = codec.decode(bytes.slice().buffer);
        const isPlain = Object.getPrototypeOf(data) === Object.prototype;
        return [data.isAdmin ?? null, isPlain, Object.values(data)];""",
    )

    assert seen == [None, True, [{"isAdmin": True}]]


async def test_a_lost_connection_is_made_again_and_the_room_resumed(scripted: Page) -> None:
    heard, resumed = await scene(
        scripted,
        """socket.push(message(8));
        const opened = Scripted.next();
        socket.drop();
        const next = await opened;
        await next.welcome();
        const missed = [message(9), message(10, "mine", "u:1"), message(11)];
        const {after} = await next.join({epoch: "e", seq: 11, recovered: true, entries: missed});
        return [heard, after];""",
        joined='{epoch: "e", seq: 7, entries: [message(7)]}',
    )

    assert heard == ["back 2 true"]
    assert resumed == {"epoch": "e", "seq": 8}


async def test_a_room_that_cannot_be_resumed_begins_anew_and_says_so(scripted: Page) -> None:
    heard, seqs, epoch = await scene(
        scripted,
        """await again(socket, {epoch: "f", seq: 3, entries: [message(3)]});
        return [heard, room.entries.map((one) => one.seq), room.epoch];""",
        joined='{epoch: "e", seq: 7, entries: [message(7)]}',
    )

    assert heard == ["back 0 false"]
    assert (seqs, epoch) == ([3], "f")


@pytest.mark.parametrize("push", ['{t: "reset", room: room.address}', "hole"])
async def test_a_reader_who_lost_the_thread_joins_again(scripted: Page, push: str) -> None:
    broken = "socket.push(message(9));" if push == "hole" else f"socket.tell({push});"
    after, heard = await scene(
        scripted,
        f"""{broken}
        const missed = [message(8), message(9)];
        const {{after}} = await socket.join({{epoch: "e", seq: 9, recovered: true, entries: missed}});
        socket.push(message(10));
        return [after, [...heard, ...room.entries.map((one) => one.seq)]];""",
        joined='{epoch: "e", seq: 7, entries: [message(7)]}',
    )

    assert after == {"epoch": "e", "seq": 7}
    assert heard == ["back 2 true", 7, 8, 9, 10]


async def test_a_drain_says_when_to_come_back(scripted: Page) -> None:
    why, wait_ms = await scene(
        scripted,
        """socket.tell({t: "drain", reconnect_ms: 4321});
        socket.drop(1012);
        return [client.connector.why, client.connector.retryAt];""",
        options="{now: () => 0}",
    )

    assert (why, wait_ms) == ("restarting", 4321)


async def test_a_hidden_page_does_not_try_again_until_it_is_seen(scripted: Page) -> None:
    counts = await scene(
        scripted,
        """client.hide();
        socket.drop();
        await turns(20);
        const counts = [Scripted.count];
        client.wake();
        return [...counts, Scripted.count];""",
    )

    assert counts == [1, 2]


async def test_a_hidden_page_with_something_to_send_does(scripted: Page) -> None:
    sent = await scene(
        scripted,
        """client.publish(room, "one");
        client.hide();
        const next = await again(socket);
        return (await next.asked("publish")).text;""",
    )

    assert sent == "one"


async def test_without_a_network_nothing_is_tried_until_there_is_one(scripted: Page) -> None:
    counts = await scene(
        scripted,
        """client.goOffline();
        const counts = [socket.closedWith, client.state];
        await turns(20);
        counts.push(Scripted.count);
        client.wake();
        return [...counts, Scripted.count];""",
    )

    assert counts == [1000, "offline", 1, 2]


async def test_a_peer_that_is_silent_for_too_long_is_taken_for_dead(scripted: Page) -> None:
    await scripted.clock.install()
    await scene(scripted, "window.client = client; window.socket = socket;", options="{random: () => 0.5}")

    await scripted.clock.fast_forward(34_000)
    before = await scripted.evaluate("client.state")
    await scripted.clock.fast_forward(1_100)

    assert before == "online"
    assert await scripted.evaluate("[client.state, socket.readyState]") == ["waiting", 3]


async def test_a_ping_is_answered(scripted: Page) -> None:
    answered = await scene(scripted, 'socket.tell({t: "ping"}); return socket.asked("pong");')

    assert answered == {"t": "pong"}


TOKENS = """
    let asked = 0;
    const credentials = async () => ({token: `token ${asked += 1}`});
    const client = new lib.Client({url: "ws://scripted", hub: "place", credentials, random: () => 0});
    const ended = end(client);
"""


async def test_credentials_are_asked_for_at_every_connection(scripted: Page) -> None:
    tokens = await run(
        scripted,
        "index.js",
        f"""{TOKENS}
        const tokens = [];
        for (const code of [1006, 4500, 1006]) {{
            const opened = Scripted.next();
            client.start();
            const socket = await opened;
            const {{ref, token}} = await socket.asked("hello");
            tokens.push(token);
            const welcome = {{t: "welcome", ping_ms: 25000, server_time: 0, limits: {{}}, token: "kept"}};
            socket.tell({{...welcome, ref, identity: {{id: "u:1"}}}});
            await turns();
            socket.drop(code);
        }}
        return tokens;""",
    )

    assert tokens == ["token 1", "token 2", "token 3"]


async def test_a_fresh_token_that_is_refused_is_the_end(scripted: Page) -> None:
    why = await run(
        scripted,
        "index.js",
        f"""{TOKENS}
        const opened = Scripted.next();
        client.start();
        const socket = await opened;
        await socket.asked("hello");
        socket.drop(4500);
        return ended;""",
    )

    assert why == "token"


async def test_credentials_that_cannot_be_had_are_the_end(scripted: Page) -> None:
    why = await run(
        scripted,
        "index.js",
        """const credentials = () => Promise.reject(new Error("signed out"));
        const client = new lib.Client({url: "ws://scripted", hub: "place", credentials});
        const ended = end(client);
        client.start();
        return [await ended, Scripted.count];""",
    )

    assert why == ["token", 0]


async def test_the_clock_of_the_server_is_known(scripted: Page) -> None:
    ahead_ms = await run(
        scripted,
        "index.js",
        """const client = new lib.Client({url: "ws://scripted", hub: "place", credentials: {name: "Amina"}});
        client.start();
        await Scripted.last.welcome({server_time: Date.now() + 3_600_000});
        return client.now() - Date.now();""",
    )

    assert abs(ahead_ms - 3_600_000) < 60_000


async def test_what_nobody_told_us_of_is_ignored(scripted: Page) -> None:
    seqs, state = await scene(
        scripted,
        """socket.tell({t: "fireworks", room: room.address, colour: "red"});
        socket.tell({t: "fireworks"});
        socket.push({seq: 8, at: 8, kind: "poll", by: {id: "u:2"}, options: []});
        socket.push(message(9));
        return [room.entries.map((one) => one.seq), client.state];""",
        joined='{epoch: "e", seq: 7, entries: [message(7)]}',
    )

    assert (seqs, state) == ([7, 8, 9], "online")
