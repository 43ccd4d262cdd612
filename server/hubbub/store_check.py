"""Whether a store will do, before anybody relies on it.

Knows which commands are needed and what each fault means to an operator. Refuses to know what is kept.
"""

from typing import Final

from hubbub.folder import StartRefused
from hubbub.roomlog.client import OutcomeUnknown, Store, StoreFault, StoreUnavailable

COMMANDS: Final = (
    "FUNCTION", "FCALL", "TIME", "INFO", "SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH", "SET", "GET", "EXISTS",
    "RENAME", "UNLINK", "EXPIRE", "SADD", "SMEMBERS", "HSET", "HSETNX", "HGET", "HMGET", "HGETALL", "HKEYS",
    "HVALS", "HLEN", "HDEL", "HINCRBY", "ZADD", "ZREM", "ZSCORE", "ZMSCORE", "ZRANGEBYSCORE",
    "ZREMRANGEBYSCORE", "XADD", "XRANGE", "XREVRANGE", "XDEL", "XTRIM",
)  # fmt: skip
"""What the gateway and its function library send; all are in Redis 7.0 and in any Valkey."""

REMEDY: Final = "Use Redis 7.0 or newer, or any Valkey."


async def check_store(url: str) -> None:
    """Asks a store for all that a server needs; raises StartRefused with one line for people."""
    store = Store(url)
    try:
        await store.command("TIME")  # something small first: a store without our password cuts off long ones
        missing = await missing_commands(store)
        if missing:
            raise StartRefused(
                f"The store lacks a command that Hubbub needs ({', '.join(missing)}). {REMEDY}"
            )
        await store.load_library()
    except (StoreUnavailable, OutcomeUnknown, StoreFault) as fault:
        raise StartRefused(words_of(fault)) from None
    finally:
        await store.aclose()


async def missing_commands(store: Store) -> list[str]:
    """The commands that the store does not know; empty if it does not tell."""
    try:
        told = await store.command("COMMAND", "INFO", *COMMANDS)
    except StoreFault:
        return []
    return [name for name, found in zip(COMMANDS, told, strict=True) if not found]


def words_of(fault: StoreUnavailable | OutcomeUnknown | StoreFault) -> str:
    """What keeps a store from being used, as one sentence or two; never its address with the password."""
    reason = str(fault).partition(", with args")[0].rstrip(". ") or "no answer in time"
    if any(word in reason.lower() for word in ("authentication", "username-password", "noauth", "wrongpass")):
        return (
            f"The store wants a password, or another one ({reason}): "
            "give it in the address, as redis://:PASSWORD@HOST:PORT."
        )
    if "no permissions" in reason.lower():
        return f"The store does not let this user do what Hubbub needs ({reason})."
    if isinstance(fault, StoreFault):
        return f"The store does not do what Hubbub needs ({reason}). {REMEDY}"
    return f"The store cannot be reached: {reason}. Is it running, and the address right?"
