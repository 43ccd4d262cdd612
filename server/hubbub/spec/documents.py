"""The documents as bytes: JSON for people to read too, put together once.

Knows under which path each is served. Refuses to know how.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from hubbub.spec import asyncapi, openapi


@cache
def asyncapi_json() -> bytes:
    """The description of the socket."""
    return _readable(asyncapi.document())


@cache
def openapi_json() -> bytes:
    """The description of HTTP."""
    return _readable(openapi.document())


DOCUMENTS: Final[Mapping[str, Callable[[], bytes]]] = {
    "/asyncapi.json": asyncapi_json,
    "/openapi.json": openapi_json,
}
"""What is served, by path; a document is put together when it is first asked for."""


def _readable(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
