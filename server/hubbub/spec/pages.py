"""The two documents as pages for people, in Markdown.

Knows in which order a reader wants things. Refuses to know more than stands in the documents.
"""

from typing import Any, Final

from hubbub.spec.shapes_page import example, shape, table, type_of

_MADE: Final = "> Made by `./scripts/specs` of the same types as the server: do not change it by hand."
_BOOK: Final = "What is said here in tables, and why, [the protocol](../protocol.md) says in sentences."


def socket_page(document: dict[str, Any]) -> str:
    """The page of the socket, of its AsyncAPI document."""
    [channel] = document["channels"].values()
    operations, messages = document["operations"], document["components"]["messages"]
    commands = [name for name, one in operations.items() if one["action"] == "receive"]
    lines = [f"# {document['info']['title']}", "", _MADE, "", document["info"]["description"], ""]
    lines += [_BOOK, "The document for programs: [asyncapi.json](asyncapi.json).", ""]
    lines += ["## The connection", "", f"`{channel['address']}`", "", channel["description"], ""]
    lines += ["## What a client sends", ""]
    for name in commands:
        lines += _command(operations[name], document)
    lines += ["## What the server sends", ""]
    sent = {_last(operations[name]["messages"][0]) for name in commands}
    for name, message in messages.items():
        if name not in sent:
            lines += _frame("Frame", message, document)
    lines += _shapes(document, set(messages))
    lines += _refusals(document["info"]["x-refusals"])
    lines += ["## Close codes", "", "| code | | come back |", "|---|---|---|"]
    rows = document["info"]["x-close-codes"]
    lines += [f"| {row['code']} | {row['reason']} | {row['come_back']} |" for row in rows]
    return "\n".join(lines) + "\n"


def calls_page(document: dict[str, Any]) -> str:
    """The page of HTTP, of its OpenAPI document."""
    lines = [f"# {document['info']['title']}", "", _MADE, "", document["info"]["description"], ""]
    lines += [_BOOK, "The document for programs: [openapi.json](openapi.json).", "", "## Calls", ""]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            lines += _call(f"{method.upper()} {path}", operation)
    lines += ["## What the server sends to a webhook", ""]
    for name, operations in document["webhooks"].items():
        for method, operation in operations.items():
            lines += _call(f"{method.upper()} {name}", operation)
    lines += _shapes(document, set())
    lines += _refusals(document["info"]["x-refusals"])
    return "\n".join(lines)


def _command(operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    name = _last(operation["messages"][0])
    lines = _frame("Command", document["components"]["messages"][name], document)
    if "reply" not in operation:
        return [*lines, "No reply.", ""]
    messages = document["components"]["messages"]
    answers = [f"`{messages[_last(one)]['name']}`" for one in operation["reply"]["messages"]]
    return [*lines, f"Reply: {' or '.join(answers)}.", ""]


def _frame(word: str, message: dict[str, Any], document: dict[str, Any]) -> list[str]:
    schema = document["components"]["schemas"][_last(message["payload"])]
    lines = [f"### {word} `{message['name']}`", "", message["summary"], "", *table(schema, hidden=("t",))]
    for one in message["examples"][:1]:
        lines += example(one["payload"])
    return lines


def _call(title: str, operation: dict[str, Any]) -> list[str]:
    lines = [f"### `{title}`", "", operation["summary"], ""]
    if "description" in operation:
        lines += [operation["description"], ""]
    if "security" in operation:
        lines += ["No token.", ""]
    parameters = operation.get("parameters", [])
    fields = {one["name"]: {**one["schema"], "description": one["description"]} for one in parameters}
    if fields:
        required = [one["name"] for one in parameters if one.get("required")]
        lines += table({"properties": fields, "required": required})
    if "requestBody" in operation:
        lines += [f"Body: {_content(operation['requestBody'])}.", ""]
    lines += ["| status | |", "|---|---|"]
    for status, response in operation["responses"].items():
        lines.append(f"| {status} | {_content(response) if status == '200' else response['description']} |")
    return [*lines, ""]


def _content(holder: dict[str, Any]) -> str:
    return type_of(holder["content"]["application/json"]["schema"])


def _shapes(document: dict[str, Any], beside: set[str]) -> list[str]:
    lines = ["## Shapes", "", "More fields may come: pass over those that you do not know.", ""]
    for name, schema in document["components"]["schemas"].items():
        if name not in beside:
            lines += shape(name, schema)
    return lines


def _refusals(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["## Refusals", "", "| code | | temporary |", "|---|---|---|"]
    for row in rows:
        lines.append(f"| `{row['code']}` | {row['meaning']} | {'yes' if row['temporary'] else 'no'} |")
    return [*lines, ""]


def _last(pointer: dict[str, str]) -> str:
    return pointer["$ref"].rpartition("/")[2]
