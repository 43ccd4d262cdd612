"""Knows how to wait for a condition with a deadline; refuses to know what the condition is about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from inspect import isawaitable

# How often a condition is looked at again: short against every deadline used, cheap on two cores.
LOOK_AGAIN_SECONDS = 0.02


class NeverHappened(AssertionError):
    """A condition did not come true within its deadline."""


async def until(what: str, condition: Callable[[], object], timeout_seconds: float = 10.0) -> None:
    """Wait until `condition`, a function or a coroutine function, says something true.

    Raises `NeverHappened`, naming `what`, after `timeout_seconds`.
    """
    ends_at = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if isawaitable(value):
            value = await value
        if value:
            return
        if time.monotonic() > ends_at:
            raise NeverHappened(f"{what}: not within {timeout_seconds} s")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def until_now(what: str, condition: Callable[[], object], timeout_seconds: float = 10.0) -> None:
    """The same as `until`, for code outside of an event loop."""
    ends_at = time.monotonic() + timeout_seconds
    while True:
        if condition():
            return
        if time.monotonic() > ends_at:
            raise NeverHappened(f"{what}: not within {timeout_seconds} s")
        time.sleep(LOOK_AGAIN_SECONDS)
