"""The document of HTTP: OpenAPI 3.1.

Knows what OpenAPI calls things, and which status a refusal has. Refuses to know the calls (calls), the shapes
of bodies (schemas) and the rules in sentences (words).
"""

import json
import re
from typing import Any, Final

import hubbub
from hubbub.domain import names
from hubbub.domain.refusals import Code
from hubbub.spec import words
from hubbub.spec.calls import CALLS, PARTS, SHAPES, Call
from hubbub.spec.docstrings import of_class
from hubbub.spec.examples import of_frame
from hubbub.spec.schemas import Schema, ref, schemas, without
from hubbub.spec.webhooks import webhooks
from hubbub.web.replies import STATUS_BY_CODE

_POINTER: Final = re.compile(r'"#/components/schemas/(\w+)"')
_PATH_FIELDS: Final[dict[str, tuple[str, Schema]]] = {
    "hub": ("The hub's name.", {"type": "string", "pattern": f"^{names.PART}$", "examples": ["place"]}),
    "room": (
        "The room's name in the hub.",
        {"type": "string", "pattern": f"^{names.PART}$", "examples": ["agora"]},
    ),
    "id": ("The hook's id.", {"type": "string"}),
    "token": ("The hook's token.", {"type": "string"}),
}
_ANYTHING: Final[Schema] = {"type": "object"}


def document() -> dict[str, Any]:
    """The whole document; a new one each time."""
    shapes = schemas(*SHAPES)
    for name, kind, description, fields in PARTS:
        shapes[name] = without(shapes[kind.__name__], name, description, *fields)
        shapes[name]["examples"] = [
            {field: value for field, value in frame.items() if field not in (*fields, "id")}
            for _, frame in of_frame(kind)[:1]
        ]
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, shapes)
    calls_made = webhooks()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hubbub over HTTP",
            "version": hubbub.__version__,
            "description": f"{words.ABOUT}\n\n{words.HTTP}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "x-refusals": words.refusals(),
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "http://localhost:8000", "description": "`hubbub serve`."}],
        "security": [{"token": []}],
        "paths": paths,
        "webhooks": calls_made,
        "components": {
            "schemas": _reached([paths, calls_made], shapes),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A signed token: of `hubbub token`, or of `POST /api/guest`.",
                }
            },
        },
    }


def _operation(call: Call, shapes: dict[str, Schema]) -> dict[str, Any]:
    does = call.does if isinstance(call.does, str) else of_class(call.does)
    operation: dict[str, Any] = {"operationId": _id_of(call), "summary": does, "tags": [_tag_of(call)]}
    parameters = [*_path_parameters(call), *_query(call, shapes), *_headers(call, shapes)]
    if parameters:
        operation["parameters"] = parameters
    if call.takes is not None:
        operation["requestBody"] = {"required": True, "content": _json(ref(call.takes))}
    operation["responses"] = {"200": _done(call), **_refused(call.refusals), **_more_answers(call)}
    return operation | ({"security": []} if call.is_open else {})


def _id_of(call: Call) -> str:
    if isinstance(call.does, str):
        return call.path.strip("/").replace(".", "_")
    return call.does.__name__


def _tag_of(call: Call) -> str:
    if "hooks" in call.path:
        return "hooks"
    return "rooms" if call.path.startswith("/api") else "server"


def _done(call: Call) -> dict[str, Any]:
    bodies = [ref(name) for name in call.gives] or [_ANYTHING]
    body = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
    return {"description": "Done.", "content": _json(body)}


def _refused(codes: tuple[Code, ...]) -> dict[str, Any]:
    """The refusals of a call by status, each with the codes that it can have."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS_BY_CODE[code], []).append(code.value)
    return {str(status): _refusal(status, by_status[status]) for status in sorted(by_status)}


def _refusal(status: int, codes: list[str]) -> dict[str, Any]:
    body = {"allOf": [ref("Refusal")], "properties": {"code": {"enum": codes}}}
    response = {"description": ", ".join(f"`{code}`" for code in codes), "content": _json(body)}
    match status:
        case 401:
            return {**response, "headers": {"WWW-Authenticate": _header("`Bearer`.", {"type": "string"})}}
        case 429:
            seconds = {"type": "integer", "minimum": 1}
            return {**response, "headers": {"Retry-After": _header("Seconds to wait.", seconds)}}
        case _:
            return response


def _more_answers(call: Call) -> dict[str, Any]:
    """What is neither done nor refused."""
    match call.path:
        case "/readyz":
            return {"503": {"description": "Not ready.", "content": _json(ref("Ready"))}}
        case "/openapi.json" | "/asyncapi.json":
            return {"304": {"description": "As it was, by `If-None-Match`."}}
        case _:
            return {}


def _path_parameters(call: Call) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "description": said, "schema": schema}
        for name, (said, schema) in _PATH_FIELDS.items()
        if f"{{{name}}}" in call.path
    ]


def _query(call: Call, shapes: dict[str, Schema]) -> list[dict[str, Any]]:
    fields = shapes["History"]["properties"]
    return [_parameter(name, "query", fields[name]) for name in call.query]


def _headers(call: Call, shapes: dict[str, Schema]) -> list[dict[str, Any]]:
    id = shapes["Publish"]["properties"]["id"]
    return [_parameter("Idempotency-Key", "header", id)] if call.has_key else []


def _parameter(name: str, place: str, field: Schema) -> dict[str, Any]:
    """A field as a parameter, which cannot be `null`."""
    schema = {key: value for key, value in field.items() if key != "description"}
    if isinstance(schema["type"], list):
        schema["type"] = schema["type"][0]
    return {"name": name, "in": place, "description": field["description"], "schema": schema}


def _header(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "schema": schema}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _reached(calls: list[dict[str, Any]], shapes: dict[str, Schema]) -> dict[str, Schema]:
    """The schemas that the calls speak of, and those which these speak of."""
    found: set[str] = set()
    waiting = _POINTER.findall(json.dumps(calls))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _POINTER.findall(json.dumps(shapes[name]))
    return {name: shapes[name] for name in sorted(found)}
