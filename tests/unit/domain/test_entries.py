"""Entries as the log keeps them: free texts, what stands for removed ones, the fold of a page."""

from hubbub.domain import entries
from tests.unit.domain.scene import AMINA, MODERATOR, stamped

MESSAGE = stamped(
    58, 1_000, {"kind": "message", "id": "m", "by": AMINA.card(), "text": "qui ?", "data": {"a": 1}}
)
EDIT = stamped(60, 2_000, {"kind": "edit", "by": AMINA.card(), "target": 58, "text": "où ?"})


def test_the_rest_of_an_entry_follows_its_seq_and_at() -> None:
    body = stamped(7, 123, {"kind": "message", "text": "Ça va ? 👍"})
    assert entries.decode(body) == {"seq": 7, "at": 123, "kind": "message", "text": "Ça va ? 👍"}


def test_free_texts_are_found_by_path_also_within_identities() -> None:
    fields = {
        "kind": "sanction",
        "by": MODERATOR.card(),
        "subject": AMINA.card(),
        "reason": "spam",
        "until": 5,
    }
    assert sorted(entries.free_texts(fields)) == ["by.name", "reason", "subject.name"]


def test_a_settings_entry_has_its_title_and_topic_as_free_texts() -> None:
    fields = {"kind": "settings", "title": "Place", "topic": "tout", "discussion": "a/b", "slow_ms": 1}
    assert sorted(entries.free_texts(fields)) == ["title", "topic"]


def test_an_identity_without_a_name_has_no_free_text() -> None:
    assert list(entries.free_texts({"subject": {"id": "u:1", "kind": "person"}})) == []


def test_a_removed_message_keeps_its_seq_time_and_author_and_nothing_else() -> None:
    stands = entries.decode(entries.removed(entries.decode(MESSAGE)))
    assert stands == {"seq": 58, "at": 1_000, "kind": "removed", "by": AMINA.card()}


def test_an_edit_of_a_removed_message_stands_without_its_text() -> None:
    stands = entries.decode(entries.edit_without_text(entries.decode(EDIT)))
    assert stands == {"seq": 60, "at": 2_000, "kind": "edit", "by": AMINA.card(), "target": 58}


def test_a_message_that_nobody_touched_is_folded_byte_for_byte() -> None:
    assert entries.folded(MESSAGE, b"", {}, []) is MESSAGE


def test_a_folded_message_has_its_newest_text_and_when_it_was_edited() -> None:
    folded = entries.decode(entries.folded(MESSAGE, EDIT, {}, []))
    assert folded == {**entries.decode(MESSAGE), "text": "où ?", "edited": 2_000}


def test_a_folded_message_counts_reactions_and_shows_the_readers_own() -> None:
    folded = entries.decode(entries.folded(MESSAGE, b"", {"👍": 3, "🎉": 1}, ["👍"]))
    assert (folded["reactions"], folded["mine"]) == ({"👍": 3, "🎉": 1}, ["👍"])


def test_a_reader_who_did_not_react_sees_no_own_reactions() -> None:
    assert "mine" not in entries.decode(entries.folded(MESSAGE, b"", {"👍": 3}, []))
