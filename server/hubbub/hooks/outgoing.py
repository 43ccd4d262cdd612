"""Webhooks: whom a room's entries are sent to, how far each has come, and which node sends.

Knows their keys in the store and the lease: one node at a time may send for a webhook, and only while it
holds the lease it writes how far it has come. Refuses to know HTTP and when something is sent (courier).
"""

import secrets
import time
from collections.abc import Sequence
from importlib.resources import files

import msgspec

from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.roomlog import keys
from hubbub.roomlog.client import Command, Store

WEBHOOKS = 1_000
"""Of one installation: every node looks at all of them every 3 s."""

LEASE_MS = 9_000
"""For which a node that was killed still counts. Others look every 3 s, so one takes over within 12 s."""

SECRET_BYTES = 32
"""As long as the digest that it signs with (RFC 2104)."""

_KEEP = (files(__package__) / "keep.lua").read_text()


class Webhook(msgspec.Struct, frozen=True):
    """Where a room's entries go; without `kinds` all of them."""

    id: str
    room: str
    url: str
    secret: str
    made_at: int
    kinds: tuple[str, ...] = ()


class Progress(msgspec.Struct, frozen=True):
    """How far a webhook has come: all up to (`epoch`, `seq`) was taken by its receiver.

    `until` is the end of what was sent and not taken yet, so that it is sent again as the same delivery.
    `failing_since` (ms) and `failure` are there while it is not taken, `disabled` once it is given up.
    """

    epoch: str
    seq: int
    until: int | None = None
    failing_since: int | None = None
    failure: str | None = None
    disabled: str | None = None


class WebhookBook:
    """All webhooks of an installation; every call raises as Store does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(
        self, room: str, url: str, secret: str | None, kinds: Sequence[str], epoch: str, seq: int
    ) -> Webhook:
        """A webhook for what comes after (`epoch`, `seq`). Raises Refused where there are too many."""
        if await self._store.command("SCARD", keys.WEBHOOKS) >= WEBHOOKS:
            raise Refused(Refusal(Code.TOO_LARGE, f"There are {WEBHOOKS} webhooks: remove one first."))
        secret, made_at = secret or secrets.token_urlsafe(SECRET_BYTES), round(time.time() * 1000)
        webhook = Webhook(secrets.token_hex(5), room, url, secret, made_at, tuple(kinds))
        what = msgspec.json.encode(webhook)
        await self._asked(
            ("HSET", keys.webhook_key(webhook.id), "webhook", what, "epoch", epoch, "seq", seq),
            ("SADD", keys.WEBHOOKS, webhook.id),
        )
        return webhook

    async def all(self) -> list[tuple[Webhook, Progress]]:
        """Every webhook with how far it has come, by room and age."""
        ids = [id.decode() for id in await self._store.command("SMEMBERS", keys.WEBHOOKS)]
        hashes = await self._asked(*(("HGETALL", keys.webhook_key(id)) for id in ids))
        found = [_read(flat) for flat in hashes if flat]
        return sorted(found, key=lambda pair: (pair[0].room, pair[0].made_at))

    async def progress(self, id: str) -> Progress | None:
        """How far a webhook has come; None if it is gone."""
        flat = await self._store.command("HGETALL", keys.webhook_key(id))
        return _read(flat)[1] if flat else None

    async def remove(self, id: str) -> bool:
        """Ends a webhook; what is under way may still arrive."""
        [is_member, *_] = await self._asked(
            ("SREM", keys.WEBHOOKS, id), ("DEL", keys.lease_key(id)), ("DEL", keys.webhook_key(id))
        )
        return bool(is_member)

    async def enable(self, id: str) -> bool:
        """Lets a webhook that was given up go on from where it is."""
        if not await self._store.command("SISMEMBER", keys.WEBHOOKS, id):
            return False
        await self._store.command("HDEL", keys.webhook_key(id), "disabled", "failing_since", "failure")
        return True

    # -- The lease -------------------------------------------------------------------------------

    async def take(self, id: str, holder: str) -> bool:
        """Takes the lease of a webhook, unless somebody has it."""
        return bool(await self._store.command("SET", keys.lease_key(id), holder, "NX", "PX", LEASE_MS))

    async def keep(self, id: str, holder: str, **fields: str | int) -> bool:
        """Holds the lease for longer and writes these fields of Progress, an empty text for none.

        False, and nothing is written, where the lease is no longer that holder's.
        """
        return await self._kept(id, holder, LEASE_MS, fields)

    async def let_go(self, id: str, holder: str) -> None:
        """Gives the lease back, so that another node need not wait for its end."""
        await self._kept(id, holder, 0, {})

    async def _kept(self, id: str, holder: str, ms: int, fields: dict[str, str | int]) -> bool:
        flat = [part for pair in fields.items() for part in pair]
        both = (keys.lease_key(id), keys.webhook_key(id))
        return bool(await self._store.command("EVAL", _KEEP, 2, *both, holder, ms, *flat))

    async def _asked(self, *commands: Command) -> list[object]:
        replies = await self._store.pipeline(commands) if commands else []
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies


def _read(flat: object) -> tuple[Webhook, Progress]:
    assert isinstance(flat, list)
    fields = {name.decode(): text for name, text in zip(flat[::2], flat[1::2], strict=True)}
    webhook = msgspec.json.decode(fields.pop("webhook"), type=Webhook)
    texts = {name: text.decode() for name, text in fields.items()}
    return webhook, msgspec.convert(texts, type=Progress, strict=False)
