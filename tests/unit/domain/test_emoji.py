"""One emoji is one emoji, however many code points it takes."""

import pytest

from hubbub.domain.emoji import is_one_emoji

ONE = {
    "a sign": "👍",
    "a sign in text style by default": "❤",
    "with the emoji style": "❤️",
    "with a skin tone": "👍🏽",
    "a person with a skin tone in an older form": "🕵️🏽",
    "a flag": "🇫🇷",
    "the flag of a region": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a keycap": "1️⃣",
    "a keycap without style": "#⃣",
    "a profession": "👩🏿‍🚀",
    "a family": "👨‍👩‍👧‍👦",
    "two people kissing, both toned": "👩🏻‍❤️‍💋‍👨🏿",
    "the rainbow flag": "🏳️‍🌈",
    "someone walking to the right": "🚶🏽‍♀️‍➡️",
    "a sign of Unicode 15": "\U0001fae8",
    "a sign that is yet to come": "\U0001faff",
    "a sign of copyright": "©",
}
NOT_ONE = {
    "nothing": "",
    "a letter": "a",
    "a digit": "1",
    "half of a flag": "🇫",
    "three letters of flags": "🇫🇷🇩",
    "two signs": "👍👍",
    "a sign and a blank": "👍 ",
    "a sign and a line break": "👍\n",
    "a sign in text style": "❤\ufe0e",
    "a joiner at the end": "👍‍",
    "a joiner at the beginning": "‍👍",
    "a joiner alone": "\u200d",
    "a style alone": "\ufe0f",
    "a digit with a style": "1\ufe0f",
    "two skin tones": "👍🏽🏽",
    "an endless family": "‍".join("👩" * 20),
    "a face of text": ":)",
    "a surrogate": "\ud83d",
}


@pytest.mark.parametrize("value", ONE.values(), ids=ONE.keys())
def test_one_emoji_is_recognised(value: str) -> None:
    assert is_one_emoji(value)


@pytest.mark.parametrize("value", NOT_ONE.values(), ids=NOT_ONE.keys())
def test_what_is_not_one_emoji_is_not(value: str) -> None:
    assert not is_one_emoji(value)
