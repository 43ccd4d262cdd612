"""Knows how a frame or a body is held against the documents for programs; refuses to know who sent it."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator

from hubbub.spec import asyncapi, openapi
from tests.support.wire import WireFrame

Schema: TypeAlias = dict[str, Any]


class Documented:
    """Frames and bodies by the two documents, read strictly: a field that stands in neither is a fault."""

    def __init__(self) -> None:
        self._socket, self._http = asyncapi.document(), openapi.document()
        self._validators: dict[tuple[str, str], Draft202012Validator] = {}
        self._looks_known: set[str] = set()

    def faults_of_command(self, frame: WireFrame) -> list[str]:
        """What is wrong with a frame that a client sends."""
        return self._faults_of_frame("client", frame)

    def faults_of_answer(self, frame: WireFrame) -> list[str]:
        """What is wrong with a frame that the server sends."""
        return self._faults_of_frame("server", frame)

    def faults_of_new_look(self, frame: WireFrame) -> list[str]:
        """The same of a frame of the server, if one with such fields, types and words was not here before."""
        look = f"{frame['t']} {_look(frame)}"
        if look in self._looks_known:
            return []
        self._looks_known.add(look)
        return self.faults_of_answer(frame)

    def faults_of_body(self, schema: Schema, body: object) -> list[str]:
        """What is wrong with the body of a request or a response of HTTP."""
        return _faults(_validator(schema, self._http), body)

    def faults_of_response(self, method: str, path: str, status: int, body: object) -> list[str]:
        """What is wrong with an answer of a call that is described; nothing where none is."""
        operation = self.operation(method, path)
        if operation is None:
            return []
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{method} {path} is not said to answer {status}: {body}"]
        return self.faults_of_body(json_of(response), body) if "content" in response else []

    def operation(self, method: str, path: str) -> Schema | None:
        """The operation that a request is one of."""
        for template, methods in self._http["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.partition("?")[0]):
                found: Schema | None = methods.get(method.lower())
                return found
        return None

    def _faults_of_frame(self, side: str, frame: WireFrame) -> list[str]:
        found = self._validators.get((side, frame["t"]))
        if found is None:
            names = _names(self._socket, side)
            if frame["t"] not in names:
                return [f"no frame {frame['t']} is described"]
            found = _validator({"$ref": f"#/components/schemas/{names[frame['t']]}"}, self._socket)
            self._validators[side, frame["t"]] = found
        return _faults(found, frame)


def json_of(holder: Schema) -> Schema:
    """The schema of a request's or response's JSON."""
    schema: Schema = holder["content"]["application/json"]["schema"]
    return schema


def _names(document: Schema, side: str) -> dict[str, str]:
    """The names of the messages of one side, by their `t`."""
    received = {
        operation["messages"][0]["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        if operation["action"] == "receive"
    }
    messages = document["components"]["messages"].items()
    return {one["name"]: name for name, one in messages if (name in received) is (side == "client")}


def _validator(schema: Schema, document: Schema) -> Draft202012Validator:
    strict = deepcopy(document["components"]["schemas"])
    for one in strict.values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    return Draft202012Validator({**schema, "components": {"schemas": strict}})


def _faults(validator: Draft202012Validator, value: object) -> list[str]:
    return [f"{fault.json_path}: {fault.message} in {value}" for fault in validator.iter_errors(value)]


def _look(value: object) -> str:
    """What a value is made of; of texts only those that are short words, of lists each look once."""
    match value:
        case dict():
            return "{" + ",".join(f"{key}:{_look(inner)}" for key, inner in sorted(value.items())) + "}"
        case list():
            return "[" + ",".join(sorted({_look(inner) for inner in value})) + "]"
        case str() if value.isalpha():
            return value
        case _:
            return type(value).__name__
