"""Who comes into a hub is written down there, whoever else comes at the same time."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from hubbub.domain.identity import Credentials, Identity
from hubbub.gateway.hub import Hub
from hubbub.gateway.shared_read import SharedRead


class SlowLog:
    """Writes once for each time that it is let; `asked` counts how often it was asked to."""

    def __init__(self) -> None:
        self.may_write = asyncio.Semaphore(0)
        self.asked = 0
        self.written: dict[str, bytes] = {}

    async def introduce(self, hub: str, card_by_identity: Mapping[str, bytes]) -> None:
        self.asked += 1
        await self.may_write.acquire()
        self.written.update(card_by_identity)


async def test_who_comes_beside_one_who_goes_again_is_written_down() -> None:
    log = SlowLog()
    hub = cast(Any, SimpleNamespace(name="place", log=log, _cards={}))
    hub._introducing = SharedRead(lambda: Hub._write_cards(hub))
    amina, boris, chloe = (
        asyncio.ensure_future(Hub.introduce(hub, Credentials(Identity(id, id), {}, 1)))
        for id in ("u:amina", "u:boris", "u:chloe")
    )
    await asyncio.sleep(0)  # Amina's coming is being written, the others wait
    log.may_write.release()
    await amina
    while log.asked < 2:
        await asyncio.sleep(0)  # until Boris writes for himself and Chloe
    boris.cancel()
    log.may_write.release()
    await chloe
    assert "u:chloe" in log.written
