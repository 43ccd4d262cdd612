"""The rules of names, texts and `data`, at their edges."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain import names
from hubbub.domain.names import ShapeError, TooLargeError


@pytest.mark.parametrize("value", ["a/b", "0/9", "place/open-agora", "a-/b--", f"{'h' * 63}/{'r' * 63}"])
def test_room_address_is_taken_as_it_is(value: str) -> None:
    assert names.room_address("room", value) == value
    assert value.startswith(names.hub_of(value) + "/")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a",
        "/",
        "a/",
        "/b",
        "a/b/",
        "a/b/c",
        "A/b",
        "-a/b",
        "a/_b",
        "a/b\n",
        " a/b",
        "é/b",
        "a/" + "b" * 64,
    ],
)
def test_what_is_no_room_address_is_refused(value: str) -> None:
    with pytest.raises(ShapeError, match=r"^room "):
        names.room_address("room", value)


@pytest.mark.parametrize("value", ["", "a/b", "A", "-a", "a" * 64, "a\n"])
def test_what_is_no_hub_is_refused(value: str) -> None:
    with pytest.raises(ShapeError, match=r"^hub "):
        names.hub_name("hub", value)


@pytest.mark.parametrize("value", ["Amina", "أمينة", "陳", "x" * 64, "a\u200fb", "👩🏿‍🚀", "O'Neil <b>"])
def test_name_is_taken_as_it_is(value: str) -> None:
    assert names.display_name("name", value) == value


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20))
def test_accepted_name_is_normalised_and_stays_the_same_when_checked_again(value: str) -> None:
    try:
        name = names.display_name("name", value)
    except ShapeError:
        return
    assert name == unicodedata.normalize("NFC", value)
    assert names.display_name("name", name) == name


def test_length_of_a_name_counts_after_normalisation() -> None:
    assert len(names.display_name("name", "e\u0301" * 64)) == 64
    with pytest.raises(ShapeError, match=r"^name is longer than 64"):
        names.display_name("name", "é" * 65)


def test_name_of_characters_in_as_many_parts_as_there_are_is_taken() -> None:
    assert names.display_name("name", "\u03b1\u0313\u0300\u0345" * 64) == "\u1f82" * 64


@pytest.mark.parametrize(
    "char", ["\0", "\n", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800"]
)
def test_name_with_a_control_or_bidi_character_is_refused(char: str) -> None:
    with pytest.raises(ShapeError, match=r"^title "):
        names.display_name("title", f"a{char}b")


INVISIBLE = [
    "",
    " ",
    "\u00a0",
    "\u3000\n",
    "\u200b",
    "\u00ad",
    "\u3164",
    "\uffa0",
    "\u2800",
    "\ufe0f",
    "\U000e0041",
]


@pytest.mark.parametrize("value", INVISIBLE)
@pytest.mark.parametrize("rule", [names.display_name, names.message_text, names.reason])
def test_what_nobody_could_see_is_refused(rule: Any, value: str) -> None:
    with pytest.raises(ShapeError, match=r"^text "):
        rule("text", value)


@pytest.mark.parametrize("value", [" a\n", "\u200b.", "\u0301", "\ue000", "\U0001fae8", "ㅤa"])
def test_text_with_something_visible_is_kept_as_it_comes(value: str) -> None:
    assert names.message_text("text", value) is value


def test_text_is_not_normalised() -> None:
    assert names.message_text("text", "e\u0301") == "e\u0301"


@pytest.mark.parametrize("value", ["a\0", "a\ud83d", "\udc4da", "é\0"])
def test_text_with_nul_or_half_of_a_surrogate_pair_is_refused(value: str) -> None:
    with pytest.raises(ShapeError, match=r"^text has U\+0000 or half"):
        names.message_text("text", value)


def test_text_over_its_limit_is_too_large_and_everything_else_is_malformed() -> None:
    assert names.message_text("text", "👍" * 4000)
    with pytest.raises(TooLargeError, match=r"^text .*text_chars"):
        names.message_text("text", "x" * 4001)
    with pytest.raises(ShapeError) as caught:
        names.reason("reason", "x" * 501)
    assert not isinstance(caught.value, TooLargeError)


@pytest.mark.parametrize("rule", [names.title_or_unset, names.topic_or_unset, names.room_or_unset])
def test_empty_string_unsets_a_setting_and_a_blank_one_does_not(rule: Any) -> None:
    assert rule("topic", "") == ""
    with pytest.raises(ShapeError, match=r"^topic "):
        rule("topic", " ")


@pytest.mark.parametrize(("rule", "longest"), [(names.command_id, 64), (names.subject_id, 128)])
def test_ids_are_printable_ascii_of_bounded_length(rule: Any, longest: int) -> None:
    assert rule("id", "x" * longest)
    assert rule("id", "~ !:|{}")
    for value in ("", "x" * (longest + 1), "é", "a\n", "a\x7f"):
        with pytest.raises(ShapeError, match=r"^id "):
            rule("id", value)


@pytest.mark.parametrize(("rule", "longest"), [(names.epoch_name, 64), (names.page_cursor, 256)])
def test_what_we_gave_is_opaque_and_of_bounded_length(rule: Any, longest: int) -> None:
    assert rule("after", "é" * longest)
    for value in ("", "x" * (longest + 1), "\0"):
        with pytest.raises(ShapeError, match=r"^after "):
            rule("after", value)


def test_one_emoji_is_taken_as_it_is() -> None:
    assert names.one_emoji("emoji", "👍🏽") == "👍🏽"
    with pytest.raises(ShapeError, match=r"^emoji "):
        names.one_emoji("emoji", "👍👍")


def _nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"x": value}
    return value


@pytest.mark.parametrize(
    "value", [0, "", False, [], {}, 1e300, 2**53 - 1, 1 - 2**53, _nested(8), {"x": "\0"}]
)
def test_json_values_are_taken_as_data(value: Any) -> None:
    assert names.message_data("data", value) is value


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        [-(2**53)],
        float("nan"),
        {"x": float("inf")},
        _nested(9),
        b"x",
        {1: 1},
        {b"x": 1},
        (1,),
        object(),
        "\ud800",
    ],
)
def test_what_json_cannot_say_is_refused_as_data(value: Any) -> None:
    with pytest.raises(ShapeError, match=r"^data "):
        names.message_data("data", value)


def test_reserved_keys_are_refused_at_the_top_of_data_only() -> None:
    with pytest.raises(ShapeError, match=r"^data has a key that begins with hubbub"):
        names.message_data("data", {"hubbub_poll": 1})
    assert names.message_data("data", {"x": {"hubbub": 1}, "Hubbub": 1})


def test_data_is_measured_as_compact_utf8_json() -> None:
    value = {"x": "é" * 2043, "y": 1}
    assert len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) == 4100
    with pytest.raises(TooLargeError, match=r"^data is longer than 4096 bytes"):
        names.message_data("data", value)
    assert names.message_data("data", {"x": "é" * 2041, "y": 1})
