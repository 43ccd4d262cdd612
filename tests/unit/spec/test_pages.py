"""The pages: what a schema looks like in a table."""

from typing import Any

import pytest

from hubbub.spec.shapes_page import table, type_of


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"type": "integer", "minimum": 1, "maximum": 300, "default": 50},
            "integer, 1 to 300; `50` if absent",
        ),
        ({"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, "integer from 0"),
        ({"type": "integer"}, "integer"),
        ({"type": "string", "minLength": 1, "maxLength": 4000}, "string, 1 to 4,000 characters"),
        (
            {"type": ["string", "null"], "minLength": 0, "maxLength": 64},
            "string, at most 64 characters or null",
        ),
        ({"type": "boolean", "default": False}, "boolean; `false` if absent"),
        ({"enum": ["hub", "room"]}, '`"hub"`, `"room"`'),
        ({"const": "ack"}, '`"ack"`'),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Entry"}}, "list of [Entry](#entry)"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "map of integer"),
        ({"anyOf": [{"$ref": "#/components/schemas/About"}, {"type": "null"}]}, "[About](#about) or null"),
        ({"description": "For programs."}, "any JSON"),
    ],
)
def test_a_type_is_said_in_a_few_words(schema: dict[str, Any], words: str) -> None:
    assert type_of(schema) == words


def test_a_field_that_may_be_absent_is_marked() -> None:
    schema = {"properties": {"room": {"type": "string"}, "seq": {"type": "integer"}}, "required": ["room"]}
    assert table(schema)[2:-1] == ["| `room` | string |  |", "| `seq`? | integer |  |"]


def test_what_would_end_a_cell_does_not() -> None:
    schema = {"properties": {"room": {"type": "string", "description": "This | that\nand more."}}}
    assert table(schema)[2] == "| `room`? | string | This \\| that and more. |"
