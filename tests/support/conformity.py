"""Knows how a frame or a body is held against the documents for programs; refuses to know who sent it."""

from __future__ import annotations

from collections.abc import Iterator
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
        self._name_by_t = {
            side: {message["name"]: message["title"] for message in self._messages(action)}
            for side, action in (("client", "receive"), ("server", "send"))
        }

    def faults_of_command(self, frame: WireFrame) -> list[str]:
        """What is wrong with a frame that a client sends."""
        return self._faults_of_frame(frame, "client")

    def faults_of_answer(self, frame: WireFrame) -> list[str]:
        """What is wrong with a frame that the server sends."""
        return self._faults_of_frame(frame, "server")

    def faults_of_body(self, schema: Schema, body: object) -> list[str]:
        """What is wrong with the body of a request or a response of HTTP."""
        return list(_faults(schema, self._http["components"]["schemas"], body))

    def _faults_of_frame(self, frame: WireFrame, side: str) -> list[str]:
        name = self._name_by_t[side].get(frame["t"])
        if name is None:
            return [f"no frame {frame['t']} is described"]
        schemas = self._socket["components"]["schemas"]
        return list(_faults({"$ref": f"#/components/schemas/{name}"}, schemas, frame))

    def _messages(self, action: str) -> Iterator[Any]:
        received = {
            operation["messages"][0]["$ref"].rpartition("/")[2]
            for operation in self._socket["operations"].values()
            if operation["action"] == "receive"
        }
        for name, message in self._socket["components"]["messages"].items():
            if (name in received) is (action == "receive"):
                yield message


def _faults(schema: Schema, schemas: dict[str, Schema], value: object) -> Iterator[str]:
    strict = deepcopy(schemas)
    for one in strict.values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    whole = {**schema, "components": {"schemas": strict}}
    for fault in Draft202012Validator(whole).iter_errors(value):
        yield f"{fault.json_path}: {fault.message}"
