"""What a change of epoch left of a log: up to which entry an earlier one still holds.

Knows the items that the ledger has for changes of epoch. Refuses to know what is made of it.
"""

import msgspec

from hubbub.roomlog import keys
from hubbub.roomlog.client import Store

ITEMS_AT_ONCE = 200
READS = 50
"""Back through 10,000 acts of moderation, younger than the epoch that is asked for."""


class _Change(msgspec.Struct):
    previous: str
    last_seq: int


async def last_common(store: Store, address: str, epoch: str) -> int | None:
    """The newest seq of an earlier epoch that is still the same entry; None where nothing tells."""
    lowest: int | None = None
    end = "+"
    for _ in range(READS):
        items = await store.command(
            "XREVRANGE", keys.room_key(address, "ledger"), end, "-", "COUNT", ITEMS_AT_ONCE
        )
        for _, flat in items:
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            if fields[b"k"] != b"epoch":
                continue
            change = msgspec.json.decode(fields[b"b"], type=_Change)
            lowest = change.last_seq if lowest is None else min(lowest, change.last_seq)
            if change.previous == epoch:
                return lowest
        if len(items) < ITEMS_AT_ONCE:
            break
        end = f"({items[-1][0].decode()}"
    return None
