"""A JSON Schema as Markdown: a table of its fields with types, bounds and what they are.

Knows the schemas that `schemas` makes, and no other ones. Refuses to know what stands around a table.
"""

import json
import re
from typing import Any

from hubbub.spec.schemas import Schema

_NAME = re.compile(r"\w+\Z")
_ALMOST_ALL = 2**53 - 1


def shape(name: str, schema: Schema) -> list[str]:
    """A schema under its name: what it is, its fields or choices, and an example."""
    lines = [f"### {name}", "", schema.get("description", ""), ""]
    if "properties" in schema:
        lines += table(schema)
    else:
        lines += [f"{_plain(schema)}.", ""]
    for one in schema.get("examples", ()):
        lines += example(one)
    return lines


def table(schema: Schema, hidden: tuple[str, ...] = ()) -> list[str]:
    """The fields of an object; those that may be absent are marked `?`."""
    required = set(schema.get("required", ()))
    rows = [
        f"| `{name}`{'' if name in required else '?'} | {type_of(field)} | {_said_of(field)} |"
        for name, field in schema["properties"].items()
        if name not in hidden
    ]
    return ["| field | type | |", "|---|---|---|", *rows, ""] if rows else ["No fields.", ""]


def example(frame: Any) -> list[str]:
    """One value as a block of JSON, on one line."""
    return ["```json", json.dumps(frame, ensure_ascii=False), "```", ""]


def type_of(schema: Schema) -> str:
    """A type with its bounds in a few words, for a cell of a table."""
    default = schema.get("default")
    said = _plain(schema)
    return f"{said}; `{json.dumps(default)}` if absent" if default is not None else said


def _plain(schema: Schema) -> str:
    match schema:
        case {"$ref": pointer}:
            return _link(pointer)
        case {"allOf": [{"$ref": pointer}]}:
            return _link(pointer)
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"enum": values}:
            return ", ".join(f"`{json.dumps(value)}`" for value in values)
        case {"anyOf": choices}:
            return " or ".join(_plain(choice) for choice in choices)
        case {"type": [*names]}:
            return " or ".join([_plain({**schema, "type": names[0]}), *names[1:]])
        case {"type": "array", "items": items}:
            return f"list of {_plain(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"map of {_plain(values)}"
        case {"type": "string"}:
            return _text(schema)
        case {"type": "integer"}:
            return _integer(schema)
        case {"type": name}:
            return str(name)
        case _:
            return "any JSON"


def _text(schema: Schema) -> str:
    match schema.get("minLength", 0), schema.get("maxLength"):
        case _, None:
            return "string"
        case 0, most:
            return f"string, at most {most:,} characters"
        case least, most:
            return f"string, {least} to {most:,} characters"


def _integer(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None:
        return "integer"
    return f"integer from {least}" if most in (None, _ALMOST_ALL) else f"integer, {least} to {most:,}"


def _link(pointer: str) -> str:
    found = _NAME.search(pointer)
    assert found is not None
    return f"[{found[0]}](#{found[0].lower()})"


def _said_of(field: Schema) -> str:
    said: str = field.get("description", "")
    return said.replace("|", "\\|").replace("\n", " ")
