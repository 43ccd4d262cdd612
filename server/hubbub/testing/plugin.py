"""Fixtures for tests of bots: `fake_hub` and `hubbub_server`.

Knows pytest. Refuses to load anything else before a test asks for it: every pytest run of a machine with
Hubbub installed loads this module. `hubbub_server` needs pytest-asyncio; `fake_hub` goes with any runner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from hubbub.testing import FakeHub, Server

F = TypeVar("F", bound=Callable[..., AsyncIterator[object]])


def _async_fixture(function: F) -> F:
    try:
        from pytest_asyncio import fixture
    except ModuleNotFoundError:
        return cast(F, pytest.fixture()(function))  # its test is told that nobody runs it
    return cast(F, fixture()(function))


@pytest.fixture
def fake_hub() -> type[FakeHub]:
    """`FakeHub`: `async with fake_hub(bot, rooms={"place/agora": "agora"}) as hub:`."""
    from hubbub.testing import FakeHub

    return FakeHub


@_async_fixture
async def hubbub_server() -> AsyncIterator[Server]:
    """A real server with the room `place/agora`, for one test."""
    from hubbub.testing import run_server

    async with run_server() as server:
        yield server
