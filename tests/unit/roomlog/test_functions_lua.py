"""The function library and the domain state the same bounds, each where it needs them."""

import re
from importlib.resources import files

import pytest

from hubbub.domain import limits
from hubbub.roomlog import keys

LUA = (files("hubbub.roomlog") / "functions.lua").read_text()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DUPLICATES_MS", limits.DUPLICATE_SECONDS * 1000),
        ("SLOW_MS_MAX", limits.SLOW_MS_MAX),
        ("EMOJIS_PER_MESSAGE", limits.EMOJIS_PER_MESSAGE),
        ("HUB_KEYS", len(keys.HUB_PARTS)),
    ],
)
def test_a_bound_is_the_same_in_the_store(name: str, value: int) -> None:
    found = re.search(rf"^local {name} = (\d+)", LUA, re.M)
    assert found is not None
    assert int(found[1]) == value


def test_the_keys_of_a_room_stand_in_the_order_that_the_library_reads_them_in() -> None:
    table = LUA[LUA.index("local ROOM_KEYS = {") : LUA.index("local PER_ROOM")]
    assert tuple(re.findall(r"^  '(\w+)',", table, re.M)) == keys.ROOM_PARTS
