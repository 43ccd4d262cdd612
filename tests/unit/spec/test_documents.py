"""The documents for programs: well-formed, complete, true of the golden frames, and their copies current."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from typer.testing import CliRunner

from hubbub.cli import app
from hubbub.domain.refusals import Code
from hubbub.protocol.closes import CloseCode
from hubbub.spec import __main__ as specs
from hubbub.spec import asyncapi, openapi
from tests.support.conformity import Documented
from tests.unit.protocol.golden import CLIENT_FRAMES, SERVER_FRAMES, Frame

VENDOR = Path(__file__).parents[2] / "vendor"
SOCKET, HTTP = asyncapi.document(), openapi.document()
DOCUMENTED = Documented()
both = pytest.mark.parametrize("document", [SOCKET, HTTP], ids=["asyncapi", "openapi"])


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every map in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


@pytest.mark.parametrize("path", specs.copies(), ids=lambda path: path.name)
def test_a_committed_copy_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == specs.copies()[path], "renew it with ./scripts/specs"


def test_the_examples_are_the_golden_frames() -> None:
    assert specs.EXAMPLES.read_text("utf-8") == specs.golden_examples(), "renew them with ./scripts/specs"


def test_the_document_of_the_socket_is_asyncapi() -> None:
    Draft7Validator(read(VENDOR / "asyncapi-specs" / "3.1.0.json")).validate(SOCKET)


def test_the_document_of_http_is_openapi() -> None:
    Draft202012Validator(read(VENDOR / "openapi-schema" / "schema.json")).validate(HTTP)


@both
def test_every_schema_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
        Draft7Validator.check_schema(schema)


@both
def test_every_pointer_leads_somewhere(document: dict[str, Any]) -> None:
    for node in nodes(document):
        if "$ref" in node:
            place = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                place = place[part]


@both
def test_every_schema_is_described(document: dict[str, Any]) -> None:
    assert not [name for name, one in document["components"]["schemas"].items() if not one.get("description")]


@both
def test_every_field_is_described_or_its_type_is(document: dict[str, Any]) -> None:
    assert not [
        (name, field)
        for name, schema in document["components"]["schemas"].items()
        for field, one in schema.get("properties", {}).items()
        if not one.get("description") and "$ref" not in one and "const" not in one
    ]


def test_every_command_says_what_answers_it() -> None:
    unanswered = {
        name
        for name, operation in SOCKET["operations"].items()
        if operation["action"] == "receive" and "reply" not in operation
    }
    assert unanswered == {"receive.pong", "receive.typing", "receive.seen"}


def test_every_frame_of_the_server_is_an_answer_or_a_push() -> None:
    operations = SOCKET["operations"].values()
    answers = [one for operation in operations for one in operation.get("reply", {}).get("messages", [])]
    told = [one for operation in operations for one in operation["messages"]] + answers
    assert {one["$ref"].rpartition("/")[2] for one in told} == set(SOCKET["components"]["messages"])


def test_every_code_is_listed_with_its_meaning() -> None:
    for document in (SOCKET, HTTP):
        listed = document["info"]["x-refusals"]
        assert [row["code"] for row in listed] == list(Code)
        assert all(row["meaning"] for row in listed)


def test_every_close_code_is_listed() -> None:
    assert [row["code"] for row in SOCKET["info"]["x-close-codes"]] == list(CloseCode)


@pytest.mark.parametrize("golden", CLIENT_FRAMES, ids=lambda frame: frame.name)
def test_a_golden_frame_of_a_client_is_as_described(golden: Frame) -> None:
    assert not DOCUMENTED.faults_of_command(json.loads(golden.json))


@pytest.mark.parametrize("golden", SERVER_FRAMES, ids=lambda frame: frame.name)
def test_a_golden_frame_of_the_server_is_as_described(golden: Frame) -> None:
    assert not DOCUMENTED.faults_of_answer(json.loads(golden.json))


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "ack"},
        {"t": "ack", "ref": 1, "sequence": 58},
        {"t": "entry", "room": "place/agora", "epoch": "k3", "e": {"seq": 1, "at": 1, "kind": "poem"}},
        {"t": "typing", "room": "place/agora", "who": [{"name": "Amina"}]},
        {"t": "weather"},
    ],
)
def test_a_frame_that_is_not_as_described_is_found_out(frame: dict[str, Any]) -> None:
    assert DOCUMENTED.faults_of_answer(frame)


@both
def test_every_example_is_as_described(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            assert not DOCUMENTED.faults_of_body({"$ref": f"#/components/schemas/{name}"}, example), name


@pytest.mark.parametrize("name", ["asyncapi", "openapi"])
def test_the_command_line_prints_the_document(name: str) -> None:
    printed = CliRunner().invoke(app, ["spec", name])
    assert printed.exit_code == 0
    assert printed.stdout == (specs.FOLDER / f"{name}.json").read_text("utf-8")
