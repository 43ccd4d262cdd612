"""What becomes of a message, whatever happens on its way: it is in the log once, or its author knows."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser.library import run, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_entry_may_come_before_its_ack_or_after_it(scripted: Page) -> None:
    heard = await scene(
        scripted,
        """const one = client.publish(room, "one");
        const {ref} = await socket.asked("publish");
        socket.push(mine(1, one));
        socket.tell({t: "ack", ref, room: room.address, epoch: "e", seq: 1});
        await turns();
        const two = client.publish(room, "two");
        await socket.answer("publish", {seq: 2});
        await turns();
        socket.push(mine(2, two));
        return heard;""",
        joined='{epoch: "e"}',
    )

    assert heard == ["one sending", "one settled", "two sending", "two sent", "two settled"]


async def test_what_was_written_first_stands_first(scripted: Page) -> None:
    before, after = await scene(
        scripted,
        """for (const text of ["one", "two", "three"]) client.publish(room, text);
        await turns();
        const before = [...socket.published];
        for (const seq of [1, 2, 3]) {
            await socket.answer("publish", {seq});
            await turns();
        }
        return [before, socket.published];""",
    )

    assert before == ["one"]
    assert after == ["one", "two", "three"]


async def test_a_message_whose_ack_was_lost_is_found_in_what_was_missed_and_not_sent_again(
    scripted: Page,
) -> None:
    heard, sent = await scene(
        scripted,
        """const one = client.publish(room, "one");
        await socket.asked("publish");
        const next = await again(socket, {epoch: "e", recovered: true, seq: 1, entries: [mine(1, one)]});
        return [heard, next.published];""",
        joined='{epoch: "e"}',
    )

    assert heard == ["one sending", "one settled", "back 0 true"]
    assert sent == []


async def test_a_message_that_did_not_arrive_is_sent_again_with_the_same_id(scripted: Page) -> None:
    first, second, after = await scene(
        scripted,
        """client.publish(room, "one", {replyTo: 4});
        const first = await socket.asked("publish");
        const next = await again(socket, {epoch: "e", recovered: true});
        return [first, await next.asked("publish"), next.sent.find((frame) => frame.t === "join").after];""",
        joined='{epoch: "e"}',
    )

    assert (second["id"], second["reply_to"]) == (first["id"], 4)
    assert after == {"epoch": "e", "seq": 0}


async def test_a_message_that_stands_above_the_page_at_hand_waits_no_longer(scripted: Page) -> None:
    heard, kept = await scene(
        scripted,
        """client.publish(room, "one");
        await socket.asked("publish");
        const next = await again(socket, {epoch: "e", seq: 900, entries: [message(900)]});
        await next.answer("publish", {seq: 2, duplicate: true});
        await turns();
        return [heard, room.outbox.all];""",
        joined='{epoch: "e"}',
    )

    assert heard == ["one sending", "back 1 false", "one sent", "one dropped"]
    assert kept == []


async def test_what_was_acked_into_a_log_that_was_lost_is_sent_again(scripted: Page) -> None:
    heard, sent = await scene(
        scripted,
        """client.publish(room, "one");
        await socket.answer("publish", {seq: 1});
        await turns();
        const next = await again(socket, {epoch: "f"});
        return [heard, next.published];""",
        joined='{epoch: "e"}',
    )

    assert heard == ["one sending", "one sent", "one sending", "back 0 false"]
    assert sent == ["one"]


@pytest.mark.parametrize("code", ["slow_mode", "rate_limited", "unavailable", "unknown_outcome"])
async def test_a_message_that_has_to_wait_keeps_its_place_and_its_id(scripted: Page, code: str) -> None:
    first, second, order = await scene(
        scripted,
        f"""client.publish(room, "one");
        client.publish(room, "two");
        const first = await socket.refuse("publish", "{code}", {{retry_ms: 1}});
        const second = await socket.answer("publish", {{seq: 1}});
        await socket.asked("publish");
        return [first, second, socket.published];""",
    )

    assert first["id"] == second["id"]
    assert order == ["one", "one", "two"]


async def test_a_message_says_until_when_it_has_to_wait(scripted: Page) -> None:
    waits_ms = await scene(
        scripted,
        """const one = client.publish(room, "one");
        await socket.refuse("publish", "slow_mode", {retry_ms: 5_000});
        await turns();
        return one.retryAt - one.at;""",
    )

    assert waits_ms >= 5_000


async def test_a_wait_that_is_longer_than_a_message_lives_is_a_refusal(scripted: Page) -> None:
    heard = await scene(
        scripted,
        """client.publish(room, "one");
        await socket.refuse("publish", "slow_mode", {retry_ms: 90_000});
        await turns();
        return heard;""",
    )

    assert heard == ["one sending", "one refused"]


async def test_a_switch_refuses_all_that_still_waited_and_says_why(scripted: Page) -> None:
    heard, reasons, again = await scene(
        scripted,
        """const both = ["one", "two"].map((text) => client.publish(room, text));
        const rule = {mode: "announcement", reason: "Talk starts"};
        for (const _ of both) {
            await socket.refuse("publish", "announcement_only", {rule, instead: ["floor"]});
            await turns();
        }
        client.retry(room, both[1].id);
        const reasons = both.map((one) => one.nack?.rule.reason ?? null);
        return [heard, reasons, (await socket.asked("publish")).text];""",
    )

    assert heard == ["one sending", "two sending", "one refused", "two refused", "two sending"]
    assert reasons == ["Talk starts", None]
    assert again == "two"


async def test_one_who_is_put_out_of_a_room_learns_why_and_what_was_not_sent(scripted: Page) -> None:
    heard, rule = await scene(
        scripted,
        """client.publish(room, "one");
        await socket.asked("publish");
        socket.tell({t: "left", room: room.address, reason: "banned"});
        await socket.asked("join").then(({ref}) => socket.tell({
            t: "nack", ref, code: "banned", reason: "Banned.", temporary: false, rule: {reason: "Spam"},
        }));
        await turns();
        return [heard, room.closedBy.rule];""",
    )

    assert heard == ["one sending", "one refused", "closed banned"]
    assert rule == {"reason": "Spam"}


async def test_after_a_minute_it_is_its_authors_turn(scripted: Page) -> None:
    await scripted.clock.install()
    await scene(
        scripted,
        """socket.drop();
        client.goOffline();
        window.outgoing = client.publish(room, "one");
        window.retry = () => client.retry(room, outgoing.id);""",
    )

    await scripted.clock.fast_forward(59_000)
    before = await scripted.evaluate("outgoing.status")
    await scripted.clock.fast_forward(2_000)
    after = await scripted.evaluate("outgoing.status")
    await scripted.evaluate("retry()")

    assert (before, after) == ("sending", "failed")
    assert await scripted.evaluate("outgoing.status") == "sending"


async def test_a_dropped_message_stays_dropped_whatever_the_server_says(scripted: Page) -> None:
    heard = await scene(
        scripted,
        """const one = client.publish(room, "one");
        room.outbox.drop(one.id);
        await socket.refuse("publish", "muted");
        await turns();
        return heard;""",
    )

    assert heard == ["one sending", "one dropped"]


KEPT = """
    const kept = new Map();
    const storage = {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, text) => kept.set(key, text),
        removeItem: (key) => kept.delete(key),
    };
"""


async def test_what_was_not_sent_survives_a_reload_and_is_forgotten_once_it_is_in_the_log(
    scripted: Page,
) -> None:
    lost, found, left = await run(
        scripted,
        "index.js",
        f"""{KEPT}
        const before = await scene(lib, {{storage}});
        before.client.publish(before.room, "one", {{question: true}});
        const lost = await before.socket.asked("publish");
        await turns();
        const {{socket, room}} = await scene(lib, {{storage}}, {{epoch: "e"}});
        const found = await socket.asked("publish");
        socket.push(mine(1, found));
        await turns();
        return [lost, found, [room.outbox.all.length, kept.size]];""",
    )

    assert (found["id"], found["text"], found["question"]) == (lost["id"], "one", True)
    assert left == [0, 0]


async def test_what_failed_before_a_reload_waits_for_its_author(scripted: Page) -> None:
    texts, sent = await run(
        scripted,
        "index.js",
        f"""{KEPT}
        const before = await scene(lib, {{storage}});
        before.client.publish(before.room, "one");
        await before.socket.refuse("publish", "muted");
        await turns();
        const {{socket, room}} = await scene(lib, {{storage}});
        const texts = room.outbox.all.map((one) => `${{one.text}} ${{one.status}} ${{one.nack.code}}`);
        return [texts, socket.published];""",
    )

    assert texts == ["one refused muted"]
    assert sent == []


async def test_another_person_in_the_same_tab_sends_nothing_of_it(scripted: Page) -> None:
    sent, waits = await run(
        scripted,
        "index.js",
        f"""{KEPT}
        const before = await scene(lib, {{storage}});
        before.client.publish(before.room, "one");
        await turns();
        const credentials = {{name: "Zoé"}};
        const client = new lib.Client({{url: "ws://scripted", hub: "place", credentials, storage}});
        const room = client.open("place/agora");
        client.start();
        await Scripted.last.welcome({{identity: {{id: "u:9", name: "Zoé"}}}});
        await Scripted.last.join();
        return [Scripted.last.published, room.outbox.all];""",
    )

    assert sent == []
    assert waits == []


async def test_a_storage_that_refuses_costs_nothing_but_itself(scripted: Page) -> None:
    sent = await run(
        scripted,
        "index.js",
        """const no = () => { throw new DOMException("full", "QuotaExceededError"); };
        const storage = {getItem: no, setItem: no, removeItem: no};
        const {client, room, socket} = await scene(lib, {storage});
        client.publish(room, "one");
        await turns();
        return socket.published;""",
    )

    assert sent == ["one"]
