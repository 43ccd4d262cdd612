"""The JSON Schemas of all that crosses the wire, by name.

Knows how msgspec says a type as a schema, and tidies that: one description a field, no `null` where the
server leaves a field out. Refuses to know in which document the schemas stand.
"""

from types import ModuleType
from typing import Any, Final, get_args, get_type_hints, is_typeddict

import msgspec

from hubbub.domain import cards, entry_cards, identity, limits, refusals
from hubbub.protocol import frames, inbound, outbound
from hubbub.protocol.outbound import SCHEMAS, Outbound
from hubbub.spec.docstrings import of_class, of_fields

Schema = dict[str, Any]

COMMANDS: Final[tuple[type[msgspec.Struct], ...]] = get_args(frames.ClientFrame)
ANSWERS: Final[tuple[type[msgspec.Struct], ...]] = get_args(frames.ServerFrame)
_MODULES: Final = (cards, entry_cards, identity, limits, refusals, inbound, outbound)
_RULES: Final = (cards.ModeRule, cards.RoleRule, entry_cards.SanctionRule)
_CHOICES: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "Entry": (
        "One item of a room's log, told apart by `kind`. A later server may know more kinds: pass over "
        "those, and count their `seq`.",
        entry_cards.ENTRIES,
    ),
    "Rule": ("What forbids something.", _RULES),
    "PersonRow": ("Somebody with a role, or under a sanction.", (cards.Present, cards.Sanctioned)),
}
_ANY_JSON: Final = {("Publish", "data"), ("MessageEntry", "data")}
"""Spelled out to the depth that is allowed, it would be longer than all the rest."""


def ref(name: str) -> Schema:
    """A pointer to a schema."""
    return {"$ref": SCHEMAS + name}


def title_of(kind: type[msgspec.Struct]) -> str:
    """The `t` of a frame."""
    return str(kind.__struct_config__.tag)


def schemas(*more: type) -> dict[str, Schema]:
    """Every schema by its name: all that crosses the wire, and `more` types."""
    known = _types(_MODULES) | {kind.__name__: kind for kind in more}
    shapes = [kind for kind in known.values() if is_typeddict(kind)]
    roots = [*COMMANDS, *ANSWERS, *shapes, *more]
    _, found = msgspec.json.schema_components(roots, ref_template=SCHEMAS + "{name}")
    tidy = {name: _tidied(schema, known[name]) for name, schema in found.items() if name != "AnyEntry"}
    for name, (description, kinds) in _CHOICES.items():
        tidy[name] = {
            "title": name,
            "description": description,
            "anyOf": [ref(kind.__name__) for kind in kinds],
        }
    return dict(sorted(tidy.items()))


def without(schema: Schema, name: str, description: str, *fields: str) -> Schema:
    """A schema without some of its fields, under another name."""
    properties = {field: value for field, value in schema["properties"].items() if field not in fields}
    required = [field for field in schema.get("required", ()) if field not in fields]
    rest = {key: value for key, value in schema.items() if key not in ("properties", "required")}
    named = {**rest, "title": name, "description": description, "properties": properties}
    return {**named, "required": required} if required else named


def _types(modules: tuple[ModuleType, ...]) -> dict[str, type]:
    return {
        name: thing
        for module in modules
        for name, thing in vars(module).items()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    }


def _tidied(schema: Schema, kind: type) -> Schema:
    described = {**schema, "description": of_class(kind)}
    if "properties" not in schema:
        return described
    said, is_ours = of_fields(kind), issubclass(kind, Outbound | frames.RoomCard)
    properties: dict[str, Schema] = {}
    for name in ("t", *get_type_hints(kind)):  # as they stand in the source
        if (kind.__name__, name) in _ANY_JSON:
            properties[name] = {"description": said[name]}
        elif name in schema["properties"]:
            properties[name] = _field(schema["properties"][name], said.get(name), is_ours)
    if kind is limits.Limits:
        return {**described, "properties": _usual(properties), "required": list(properties)}
    described["properties"] = properties
    if not schema["required"]:
        del described["required"]
    return described


def _usual(properties: dict[str, Schema]) -> dict[str, Schema]:
    """Fields that are always there, with what they are unless an operator changes it in words."""
    return {
        name: {
            "type": field["type"],
            "description": f"{field['description']} Usually {field['default']:,}.",
        }
        for name, field in properties.items()
    }


def _field(schema: Schema, said: str | None, is_ours: bool) -> Schema:
    """One field; `is_ours` if the server leaves it out rather than send `null`."""
    field = dict(schema)
    if field.get("default", "") is None:
        del field["default"]
        if is_ours:
            field = _without_null(field)
    if field.get("default", "") == []:
        del field["default"]
    if "anyOf" in field and {"type": "null"} in field["anyOf"]:
        field = _nullable(field)
    field = _pointed(field)
    if "$ref" in field:
        return {"allOf": [field], "description": said} if said else field
    if len(field.get("enum", ())) == 1:
        field["const"] = field.pop("enum")[0]
    return {**field, "description": said} if said else field


def _pointed(schema: Schema) -> Schema:
    """A copy in which nothing stands beside a pointer: many readers look past it."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    copied = dict(schema)
    if "items" in copied:
        copied["items"] = _pointed(copied["items"])
    if "anyOf" in copied:
        copied["anyOf"] = [_pointed(one) for one in copied["anyOf"]]
    return copied


def _without_null(field: Schema) -> Schema:
    """The one alternative beside `null`, with what is said beside both."""
    beside = {key: value for key, value in field.items() if key != "anyOf"}
    [there] = [one for one in field["anyOf"] if one != {"type": "null"}]
    return {**there, **beside}


def _nullable(field: Schema) -> Schema:
    """A simple type and `null` as one type, so that the field reads in one line."""
    there = _without_null(field)
    if isinstance(there.get("type"), str) and "enum" not in there:
        return {**there, "type": [there["type"], "null"]}
    return field
