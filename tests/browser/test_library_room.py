"""A room as its reader knows it: what later entries do to earlier ones, and how much is kept."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.library import run, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

JOINED = '{epoch: "e", seq: 3, entries: [message(1, "frist", "u:1"), message(2), message(3)]}'
AMEND = """
    const amended = [];
    room.addEventListener("amended", ({detail}) => amended.push(detail.seq));
    const by = (id) => ({id, name: id});
    const push = (seq, kind, fields, who = "u:2") =>
        socket.push({seq, at: seq, kind, by: by(who), ...fields});
"""


async def amended(page: Page, body: str) -> Any:
    return await scene(page, f"{AMEND} {body} return [room.entryAt(1), amended];", joined=JOINED)


async def test_an_edit_takes_the_place_of_a_text(scripted: Page) -> None:
    message, changes = await amended(scripted, 'push(4, "edit", {target: 1, text: "first"}, "u:1");')

    assert (message["text"], message["edited"]) == ("first", 4)
    assert changes == [1]


async def test_a_removed_message_loses_all_it_said_and_keeps_its_place(scripted: Page) -> None:
    message, changes = await amended(
        scripted,
        """push(4, "reaction", {target: 1, emoji: "👍", on: true});
        push(5, "removal", {target: 1, reason: "off topic"});
        push(6, "edit", {target: 1, text: "again"}, "u:1");
        push(7, "edit", {target: 1}, "u:1");
        push(8, "reaction", {target: 1, emoji: "👍", on: true});""",
    )

    assert message == {"seq": 1, "at": 1, "id": "m1", "kind": "removed", "by": {"id": "u:1", "name": "u:1"}}
    assert changes == [1, 1]


async def test_reactions_are_counted_and_ones_own_are_known_from_every_device(scripted: Page) -> None:
    message, _ = await amended(
        scripted,
        """push(4, "reaction", {target: 1, emoji: "👍", on: true}, "u:1");
        push(5, "reaction", {target: 1, emoji: "👍", on: true});
        push(6, "reaction", {target: 1, emoji: "🎉", on: true}, "u:1");
        push(7, "reaction", {target: 1, emoji: "🎉", on: false}, "u:1");
        push(8, "reaction", {target: 1, emoji: "😀", on: true});""",
    )

    assert (message["reactions"], message["mine"]) == ({"👍": 2, "😀": 1}, ["👍"])


async def test_an_entry_about_a_message_that_is_not_at_hand_changes_nothing(scripted: Page) -> None:
    _, changes = await amended(
        scripted,
        """push(4, "edit", {target: 99, text: "?"});
        push(5, "edit", {target: 2}, "u:2");
        push(6, "removal", {});""",
    )

    assert changes == []


async def test_an_earlier_page_is_as_it_was_folded_and_as_what_came_since_makes_it(scripted: Page) -> None:
    texts = await scene(
        scripted,
        """const earlier = client.loadEarlier(room);
        socket.push({seq: 4, at: 4, kind: "edit", by: {id: "u:2"}, target: 1, text: "as of 5"});
        socket.push({seq: 5, at: 5, kind: "edit", by: {id: "u:2"}, target: 2, text: "as of 5"});
        socket.push({seq: 6, at: 6, kind: "edit", by: {id: "u:2"}, target: 1, text: "as of 6"});
        const entries = [message(1, "as of 5"), message(2, "as of 5")];
        await socket.answer("history", {t: "history", as_of: 5, first: 1, entries, more: false});
        await earlier;
        return [1, 2].map((seq) => room.entryAt(seq).text);""",
        joined='{epoch: "e", seq: 3, entries: [message(3)]}',
    )

    assert texts == ["as of 6", "as of 5"]


async def test_what_is_folded_into_a_page_is_not_counted_again_when_it_comes(scripted: Page) -> None:
    reactions = await scene(
        scripted,
        """const earlier = client.loadEarlier(room);
        const entries = [message(1, "1", "u:2", {reactions: {"👍": 1}}), message(2)];
        await socket.answer("history", {t: "history", as_of: 4, first: 1, entries, more: false});
        await earlier;
        const reaction = {kind: "reaction", by: {id: "u:2"}, target: 1, emoji: "👍", on: true};
        for (const seq of [4, 5]) socket.push({seq, at: seq, ...reaction});
        return room.entryAt(1).reactions;""",
        joined='{epoch: "e", seq: 3, entries: [message(3)]}',
    )

    assert reactions == {"👍": 2}


async def test_an_earlier_page_that_comes_after_a_new_beginning_makes_no_hole(scripted: Page) -> None:
    seqs = await scene(
        scripted,
        """const earlier = client.loadEarlier(room);
        const {ref} = await socket.asked("history");
        const page = {ref, epoch: "e", as_of: 3, first: 1, entries: [message(1), message(2)], more: false};
        socket.tell({t: "reset", room: room.address});
        await socket.join({epoch: "e", seq: 9, entries: [message(9)]});
        socket.tell({t: "history", room: room.address, ...page});
        await earlier;
        return [room.entries.map((one) => one.seq), room.hasEarlier];""",
        joined='{epoch: "e", seq: 3, entries: [message(3)]}',
    )

    assert seqs == [[9], True]


async def test_what_may_be_said_follows_from_what_was_done(scripted: Page) -> None:
    first, second, third = await scene(
        scripted,
        """const by = {id: "u:9", name: "Max"};
        const push = (seq, kind, fields) => socket.push({seq, at: seq, kind, by, ...fields});
        const amina = {id: "u:1", name: "Amina"};
        push(4, "floor", {action: "ask", subject: amina, reason: "budget"});
        push(5, "floor", {action: "give", subject: amina});
        push(6, "settings", {title: "The square", topic: "", slow_ms: 5000});
        const states = [room.state];
        push(7, "sanction", {action: "mute", scope: "room", subject: amina, reason: "Later"});
        states.push(room.state);
        push(8, "mode", {mode: "announcement", previous: "agora", reason: "Talk", until: 99});
        states.push(room.state);
        return states;""",
        joined='{epoch: "e", seq: 3, entries: [message(3)]}',
    )

    assert [turn["id"] for turn in first["floor"]["given"]] == ["u:1"]
    assert (first["title"], first["slow_ms"]) == ("The square", 5000)
    assert second["floor"] == {"asked": [], "given": []}
    assert (third["mode"], third["base_mode"], third["mode_until"], third["mode_reason"]) == (
        "announcement",
        "agora",
        99,
        "Talk",
    )


async def test_only_the_newest_entries_are_kept_unless_somebody_reads_above(scripted: Page) -> None:
    counts = await scene(
        scripted,
        """let seq = 0;
        const more = (count) => { for (let n = 0; n < count; n += 1) socket.push(message(seq += 1)); };
        more(400);
        const counts = [room.entries.length];
        room.hold(true);
        more(400);
        counts.push(room.entries.length);
        room.hold(false);
        more(1);
        return [...counts, room.entries.length, room.entries[0].seq, room.entryAt(600).seq];""",
        joined='{epoch: "e"}',
    )

    assert counts == [300, 700, 300, 502, 600]


async def test_there_is_an_end_to_what_is_kept(scripted: Page) -> None:
    seen = await run(
        scripted,
        "log.js",
        """const log = new lib.Log(() => "u:1");
        const page = (from, count) => Array.from({length: count}, (_, at) => message(from + at));
        log.startOver(page(20_001, 300), 20_300);
        const taken = [log.prepend(page(10_001, 10_000), 20_300), log.prepend(page(1, 10_000), 20_300)];
        return [taken, log.entries.length, log.isFull, log.at(10_300)?.seq ?? null, log.at(10_301).seq];""",
    )

    assert seen == [[9_700, 0], 10_000, True, None, 10_301]


async def test_what_an_entry_changes_is_told_before_the_next_one(
    scripted: Page,
) -> None:
    told = await scene(
        scripted,
        """const told = [];
        for (const what of ["entry", "amended", "state"]) room.addEventListener(what, () => told.push(what));
        socket.push({seq: 4, at: 4, kind: "reaction", by: {id: "u:2"}, target: 3, emoji: "👍", on: true});
        socket.push({seq: 5, at: 5, kind: "settings", by: {id: "u:2"}, title: "New"});
        return told;""",
        joined=JOINED,
    )

    assert told == ["amended", "entry", "state", "entry"]
