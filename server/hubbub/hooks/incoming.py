"""Hooks that take messages in: who speaks through one, in which room, and by which token it is found.

Knows the store's hash of them, in which no token stands, only its SHA-256. Refuses to know requests (web)
and payloads.
"""

import hashlib
import re
import secrets
import time
from typing import Literal

import msgspec

from hubbub.domain.identity import NO_ROLES, Credentials, Identity, Role
from hubbub.domain.names import hub_of
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.roomlog import keys
from hubbub.roomlog.client import Store

HOOKS = 1_000
"""Of one installation: all of them are read to list them, some 200 bytes each."""

TOKEN_BYTES = 32
"""256 bits: nobody guesses one, so a plain SHA-256 of it, without salt, gives nothing away."""

CREDENTIALS_MS = 3_600_000
"""For how long a hook's role counts after it last spoke, so that one that was removed is soon forgotten."""

HookRole = Literal["participant", "speaker"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Hook(msgspec.Struct, frozen=True):
    """A way in: a bot that speaks in one room for whoever has the token."""

    id: str
    room: str
    name: str
    role: HookRole
    made_at: int

    @property
    def identity(self) -> Identity:
        """Who speaks; can be muted and banned like anybody."""
        return Identity(f"bot:hook-{self.id}", self.name, "bot")

    def credentials(self, now_ms: int) -> Credentials:
        """As a token would say it, valid from now on for an hour."""
        roles = {hub_of(self.room): Role.SPEAKER} if self.role == "speaker" else NO_ROLES
        return Credentials(self.identity, roles, now_ms + CREDENTIALS_MS)


class HookBook:
    """All hooks of an installation; every call raises as Store does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, room: str, name: str, role: HookRole) -> tuple[Hook, str]:
        """A new hook and its token, which is told only here. Raises Refused where there are too many."""
        if await self._store.command("HLEN", keys.HOOKS) >= HOOKS:
            raise Refused(Refusal(Code.TOO_LARGE, f"There are {HOOKS} hooks already: remove one first."))
        token = secrets.token_urlsafe(TOKEN_BYTES)
        hook = Hook(secrets.token_hex(5), room, name, role, round(time.time() * 1000))
        await self._store.command("HSET", keys.HOOKS, _digest(token), msgspec.json.encode(hook))
        return hook, token

    async def find(self, token: str) -> Hook | None:
        """The hook of a token; what cannot be one is not asked for."""
        if not _TOKEN.fullmatch(token):
            return None
        kept = await self._store.command("HGET", keys.HOOKS, _digest(token))
        return None if kept is None else msgspec.json.decode(kept, type=Hook)

    async def all(self) -> list[Hook]:
        """Every hook, by room and age."""
        kept = await self._by_digest()
        return sorted(kept.values(), key=lambda hook: (hook.room, hook.made_at))

    async def remove(self, id: str, room: str | None = None) -> bool:
        """Ends a hook, of that room if one is given; its token is worth nothing from now on."""
        for digest, hook in (await self._by_digest()).items():
            if hook.id == id and room in (None, hook.room):
                return bool(await self._store.command("HDEL", keys.HOOKS, digest))
        return False

    async def _by_digest(self) -> dict[bytes, Hook]:
        flat = await self._store.command("HGETALL", keys.HOOKS)
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return {digest: msgspec.json.decode(hook, type=Hook) for digest, hook in pairs}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
