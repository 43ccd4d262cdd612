"""The types of the page's library have the fields that the document for programs describes."""

import re
from pathlib import Path
from typing import Any

import pytest

from hubbub.spec import asyncapi

TYPES = (Path(__file__).parents[3] / "client_demo" / "js" / "hubbub" / "types.js").read_text("utf-8")
SCHEMAS: dict[str, Any] = asyncapi.document()["components"]["schemas"]
LATER = {"of", "outcome", "readers", "repliers"}
"""Fields of entries that docs/protocol.md has and this version does not send."""
OF_THE_FRAME = {"t", "ref"}


def fields_of_page(name: str) -> set[str]:
    """The fields of one of the page's types: written as properties, or in braces."""
    brief = re.search(rf"@typedef \{{(.*)\}} {name}\b", TYPES)
    if brief is not None and brief[1] != "object":
        others = re.match(r"(\w+) &", brief[1])
        inherited = fields_of_page(others[1]) if others is not None else set()
        return inherited | set(re.findall(r"(\w+)\??:", brief[1]))
    found = re.search(rf"@typedef \{{object\}} {name}\b(.*?)(?:@typedef|\*/)", TYPES, re.DOTALL)
    assert found is not None, name
    return set(re.findall(r"@property \{.*?\} \[?(\w+)\]?", found[1]))


def fields_described(*names: str) -> set[str]:
    return {field for name in names for field in SCHEMAS[name]["properties"]}


def kinds() -> list[str]:
    """The names of the schemas of all kinds of entries."""
    return [one["$ref"].rpartition("/")[2] for one in SCHEMAS["Entry"]["anyOf"]]


@pytest.mark.parametrize(
    ("name", "described"),
    [
        ("Person", "Person"),
        ("Present", "Present"),
        ("Turn", "Turn"),
        ("FloorState", "FloorLists"),
        ("RoomState", "RoomState"),
        ("Rights", "RightsCard"),
        ("Position", "Position"),
        ("RoomCard", "RoomCard"),
        ("Limits", "Limits"),
    ],
)
def test_a_type_of_the_page_has_the_fields_that_are_described(name: str, described: str) -> None:
    assert fields_of_page(name) == fields_described(described)


def test_an_entry_of_the_page_has_the_fields_of_all_kinds() -> None:
    assert fields_of_page("Entry") - LATER == fields_described(*kinds())


def test_a_nack_of_the_page_has_the_fields_that_are_described() -> None:
    assert fields_of_page("Nack") == fields_described("Nack") - OF_THE_FRAME
