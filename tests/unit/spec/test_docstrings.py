"""What is said of a field stands below it in the source."""

from hubbub.domain.cards import Person, Present
from hubbub.domain.entry_cards import MessageEntry
from hubbub.domain.refusals import Code
from hubbub.protocol.frames import Publish
from hubbub.spec.docstrings import of_class, of_fields


def test_the_string_below_a_field_is_found() -> None:
    assert of_fields(Person)["name"] == "Absent for an id that nobody has seen yet."


def test_a_string_of_several_lines_is_one_sentence() -> None:
    assert "compact JSON; not keys that begin" in of_fields(Publish)["data"]


def test_what_a_base_says_holds_for_what_is_made_of_it() -> None:
    assert of_fields(Present)["name"] == of_fields(Person)["name"]


def test_members_of_an_enumeration_are_described_too() -> None:
    assert set(of_fields(Code)) == {code.name for code in Code}


def test_nothing_is_known_of_classes_of_others() -> None:
    assert of_fields(dict) == {}


def test_paragraphs_of_a_docstring_stay_apart() -> None:
    assert of_class(MessageEntry).startswith("A message.\n\n`edited`, ")
