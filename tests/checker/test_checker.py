"""The checker passes a journal that keeps every promise, and names each promise that a journal breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.checker.story import EPOCH, READERS, ROOM, Story, told_story
from tests.support.checker import check
from tests.support.journal import (
    Acked,
    Content,
    Joined,
    Journal,
    Log,
    Nacked,
    Received,
    entry_digest,
    read_journals,
)  # fmt: skip


def test_a_journal_that_keeps_every_promise_passes() -> None:
    assert told_story().end() == []


def lost(story: Story) -> None:
    """An acked message is not in the log, nor did anybody get it."""
    sent = story.send("amina#1", "publish", "a5", "Gone")
    story.ack(sent, 9)
    story.push(story.append("u:bilal", "message", id="b5", text="8"))


def lost_after_it_was_pushed(story: Story) -> None:
    """An entry that readers got is not in the log that is read at the end."""
    story.say("amina#1", "a5", "Gone")
    story.log.pop()


def repeated(story: Story) -> None:
    """A reader gets an entry twice."""
    story.push(story.log[-1], ("reader#3",))


def repeated_in_the_log(story: Story) -> None:
    """One author's id stands twice in the log."""
    story.push(story.append("u:amina", "message", id="a1", text="Good morning"))


def swapped(story: Story) -> None:
    """A reader gets two entries in the wrong order."""
    one, other = (story.find(Received, connection="reader#3", seq=seq)[0] for seq in (1, 2))
    story.records[one], story.records[other] = story.records[other], story.records[one]


def hole(story: Story) -> None:
    """A reader is not given an entry in the middle."""
    index, _ = story.find(Received, connection="reader#3", seq=2)
    del story.records[index]


def tail_never_came(story: Story) -> None:
    """A reader who is still there is not given the newest entry."""
    index, _ = story.find(Received, connection="reader#3", seq=len(story.log))
    del story.records[index]


def forked(story: Story) -> None:
    """Two readers are given different contents for one place."""
    index, _ = story.find(Received, connection="reader#3", seq=2)
    other = {**story.log[1], "text": "Something else"}
    story.records.insert(index, Content(entry_digest(other), other))
    story.change(index + 1, digest=entry_digest(other))


def late_post(story: Story) -> None:
    """A participant's message stands after a switch to announcement."""
    story.switch("announcement", "agora")
    story.say("amina#1", "a5", "Too late")


def late_edit(story: Story) -> None:
    """A participant's edit stands after a switch to announcement."""
    story.switch("announcement", "agora")
    story.push(story.append("u:amina", "edit", target=1, text="Good evening"))


def slipped_before_the_switch(story: Story) -> None:
    """A message that was sent after the ack of a switch got a lower seq than the switch."""
    entry = story.append("u:amina", "message", id="a5", text="Backdated")
    story.push(entry)
    story.switch("announcement", "agora")
    sent = story.send("amina#1", "publish", "a5", "Backdated")
    story.ack(sent, entry["seq"])


def recovered_with_a_hole(story: Story) -> None:
    """A resume that says `recovered: true` leaves an entry out."""
    index, joined = story.find(Joined, recovered=True)
    story.change(index, entries=(), seq=joined.seq)


def recovered_over_an_epoch(story: Story) -> None:
    """A resume that says `recovered: true` answers with another epoch."""
    index, _ = story.find(Joined, recovered=True)
    story.change(index, after_epoch="k2")


def epoch_changed_silently(story: Story) -> None:
    """Pushes go on in another epoch without a reset."""
    index, _ = story.find(Received, connection="reader#3", seq=4)
    story.change(index, epoch="k4")


def given_outside_of_the_room(story: Story) -> None:
    """A reader who was reset is given an entry before joining again."""
    story.push(story.log[-1], ("nobody#9",))


def false_ack(story: Story) -> None:
    """An ack names a place where something else stands."""
    index, _ = story.find(Acked, seq=2)
    story.change(index, seq=1)


def acked_with_other_content(story: Story) -> None:
    """What stands at the acked place is not the text that was sent."""
    story.log[1] = {**story.log[1], "text": "Words put in my mouth"}
    for index, record in enumerate(story.records):
        if isinstance(record, Received) and record.seq == 2:
            story.change(index, digest=entry_digest(story.log[1]))
    story.content(story.log[1])
    story.records.insert(0, story.records.pop())


def acked_as_new_twice(story: Story) -> None:
    """A retry is acked as if it were the first."""
    sent = story.send("amina#1", "publish", "a1", "Good morning")
    story.ack(sent, 1)


def retry_refused(story: Story) -> None:
    """A retry of what was accepted is refused for the mode."""
    story.switch("announcement", "agora")
    story.nack(story.send("amina#1", "publish", "a1", "Good morning"), "announcement_only")


def refused_but_there(story: Story) -> None:
    """A message that was `unavailable`, certainly not applied, stands in the log."""
    story.nack(story.send("amina#1", "publish", "a5", "Ghost"), "unavailable")
    story.push(story.append("u:amina", "message", id="a5", text="Ghost"))


def answered_twice(story: Story) -> None:
    """One ref gets two replies."""
    _, acked = story.find(Acked, seq=1)
    story.records.append(Nacked(story.at(), acked.connection, acked.ref, "internal"))


def overtaken(story: Story) -> None:
    """Two commands of one connection take effect in the wrong order."""
    first, second = story.send("amina#1", "publish", "a5", "1"), story.send("amina#1", "publish", "a6", "2")
    for sent, id, text in ((second, "a6", "2"), (first, "a5", "1")):
        entry = story.append("u:amina", "message", id=id, text=text)
        story.push(entry)
        story.ack(sent, entry["seq"])


def took_effect_late(story: Story) -> None:
    """What timed out takes effect after what the same connection sent later."""
    story.nack(story.send("amina#1", "publish", "a5", "1"), "unknown_outcome")
    story.say("amina#1", "a6", "2")
    story.push(story.append("u:amina", "message", id="a5", text="1"))


def time_goes_back(story: Story) -> None:
    """The time of an entry is before that of the entry before it."""
    story.push(story.append("u:amina", "message", id="a5", text="x", at=1))


def wrong_previous(story: Story) -> None:
    """A switch names a previous mode that was not."""
    story.switch("announcement", "announcement")


def muted_but_heard(story: Story) -> None:
    """A message of one who is muted stands in the log."""
    story.push(
        story.append(
            "u:moderator", "sanction", action="mute", scope="room", subject={"id": "u:amina"}, reason="Noise"
        )
    )
    story.say("amina#1", "a5", "I was muted")


def hole_in_the_log(story: Story) -> None:
    """The log itself has a hole."""
    story.say("amina#1", "a5", "x")
    story.log.pop(3)


def old_view(story: Story) -> None:
    """A fresh join says that the log ends before what the same client was given already."""
    story.join("reader#3")
    index = len(story.records) - 1
    story.change(index, seq=3)
    for seq in range(4, len(story.log) + 1):
        story.push(story.log[seq - 1], ("reader#3",))


FAULTS: dict[Callable[[Story], None], str] = {
    lost: "not in the log",
    lost_after_it_was_pushed: "but is not in the log",
    repeated: "again or out of order",
    repeated_in_the_log: "more than once",
    swapped: "again or out of order",
    hole: "a hole: was given 3 after 1",
    tail_never_came: "was given nothing after",
    forked: "names two contents",
    late_post: "the room is in announcement mode",
    late_edit: "the room is in announcement mode",
    slipped_before_the_switch: "has a lower seq",
    recovered_with_a_hole: "the entries have a hole",
    recovered_over_an_epoch: "over a change of epoch",
    epoch_changed_silently: "without a reset",
    given_outside_of_the_room: "without being in the room",
    false_ack: "but there stands",
    acked_with_other_content: "but there stands",
    acked_as_new_twice: "without `duplicate`",
    retry_refused: "a retry of it was refused",
    refused_but_there: "was refused (unavailable), but it is in the log",
    answered_twice: "two replies",
    overtaken: "was overtaken",
    took_effect_late: "was overtaken",
    time_goes_back: "goes back",
    wrong_previous: "says it was",
    muted_but_heard: "under a mute",
    hole_in_the_log: "a hole or a repeat",
    old_view: "is the newest seq, after",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_broken_promise_is_named(fault: Callable[[Story], None]) -> None:
    story = told_story()
    fault(story)
    assert any(FAULTS[fault] in sentence for sentence in story.end())


def test_a_removed_message_may_stand_as_removed() -> None:
    story = told_story()
    story.push(story.append("u:amina", "removal", target=1))
    story.log[0] = {name: story.log[0][name] for name in ("seq", "at", "by")} | {"kind": "removed"}
    assert story.end() == []


def test_a_message_that_reads_as_removed_without_a_removal_is_a_fork() -> None:
    story = told_story()
    story.log[0] = {name: story.log[0][name] for name in ("seq", "at", "by")} | {"kind": "removed"}
    assert any("names two contents" in sentence for sentence in story.end())


def test_an_edit_may_be_folded_into_its_message() -> None:
    story = told_story()
    story.push(story.append("u:amina", "edit", target=1, text="Good evening"))
    story.log[0] = {**story.log[0], "text": "Good evening", "edited": 5000, "reactions": {}}
    assert story.end() == []


def test_a_text_that_changed_without_an_edit_is_a_fork() -> None:
    story = told_story()
    story.log[0] = {**story.log[0], "text": "Good evening"}
    assert any("names two contents" in sentence for sentence in story.end())


def test_one_who_was_given_the_floor_may_speak_after_the_switch() -> None:
    story = told_story()
    story.switch("announcement", "agora")
    story.push(story.append("u:moderator", "floor", action="give", subject={"id": "u:amina"}))
    story.say("amina#1", "a5", "Thank you")
    assert story.end() == []


def test_a_new_switch_to_announcement_takes_the_floor_away() -> None:
    story = told_story()
    story.switch("announcement", "agora")
    story.push(story.append("u:moderator", "floor", action="give", subject={"id": "u:amina"}))
    story.switch("agora", "announcement")
    story.switch("announcement", "agora")
    story.say("amina#1", "a5", "Thank you")
    assert any("announcement mode" in sentence for sentence in story.end())


def test_a_moderator_may_speak_after_the_switch() -> None:
    story = told_story()
    story.switch("announcement", "agora")
    story.say("moderator#4", "m1", "Welcome")
    assert story.end() == []


def test_a_lossy_store_may_lose_what_was_acked_if_the_epoch_changes() -> None:
    story = told_story()
    survivors = tuple(story.log[:3])
    story.records.append(Log(ROOM, "k4", 1, 3, survivors))
    assert check(story.records, is_lossless=False) == []


def test_a_lossless_store_may_not_change_its_epoch() -> None:
    story = told_story()
    story.records.append(Log(ROOM, "k4", 1, 3, tuple(story.log[:3])))
    assert any("the epoch is now k4" in sentence for sentence in check(story.records))


def test_a_lost_tail_that_is_numbered_again_in_the_same_epoch_is_a_fork() -> None:
    story = told_story()
    other = [*story.log[:3], {**story.log[3], "kind": "message", "id": "z", "text": "z"}]
    story.records.append(Log(ROOM, EPOCH, 1, 4, tuple(other)))
    assert any("names two contents" in sentence for sentence in check(story.records, is_lossless=False))


def test_a_journal_survives_its_file(tmp_path: Path) -> None:
    story = told_story()
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for record in story.records:
        journal.write(record)
    journal.close()
    assert [msgspec.json.encode(record) for record in read_journals([path])] == [
        msgspec.json.encode(record) for record in story.records
    ]


def test_everybody_in_the_story_is_judged() -> None:
    story = told_story()
    assert {record.connection for record in story.records if isinstance(record, Received)} == set(READERS)
