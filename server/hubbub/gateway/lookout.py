"""Who wants to know that a room has moved without being in it: a program of the node itself.

Knows how a room is kept open for that. Refuses to know what is done then, and promises nothing: whoever
must not miss anything looks at the log from time to time as well.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from hubbub.domain.names import hub_of

if TYPE_CHECKING:
    from hubbub.gateway.node import Node


@contextlib.asynccontextmanager
async def lookout(node: "Node", address: str) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever entries come; raises Refused, StoreUnavailable or OutcomeUnknown."""
    hub = await node.hub(hub_of(address))
    try:
        room = await hub.open(address)
    finally:
        hub.holders -= 1
    moved = asyncio.Event()
    room.lookouts.add(moved)
    try:
        yield moved
    finally:
        room.lookouts.discard(moved)
        hub.release(room)
