"""Signed tokens: who presents one, with which roles, until when.

Knows the claims of section 2.1 of the protocol, which key may sign with which algorithm, and how to get an
identity provider's keys without blocking the loop. Refuses to know connections, routes and where roles
granted in a room are kept.
"""

import asyncio
import math
import re
import secrets
import time
from asyncio import Future
from collections.abc import Mapping
from typing import Any, Literal

import jwt
import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hubbub.domain import limits, names
from hubbub.domain.identity import Credentials, Identity, Kind, Role
from hubbub.domain.refusals import Code, Refusal, Refused

AUDIENCE = "hubbub"
SECRET_BYTES = 32  # the least: as long as the digest that HS256 signs with (RFC 7518, section 3.2)
GUEST_SECONDS = 30 * 24 * 3600
GUEST_KEY_ID = "guest"
LEEWAY_SECONDS = 5  # for `iat` and `nbf`: clocks of two machines; `exp` is exact
LATEST_EXPIRY_SECONDS = 253_402_300_799  # the last second of the year 9999; keeps the sums below 2^53

FETCH_TIMEOUT_SECONDS = 2.0  # a `hello` waits for this; its own deadline is 5 s
FETCH_PAUSE_SECONDS = 10.0  # between two fetches, failed ones included: unknown key ids cost nothing more
FRESH_SECONDS = 300.0  # the usual life of a key set; a rotated key is found earlier by its new id
KEPT_SECONDS = 3600.0  # how long keys outlive a provider that does not answer

# Never mixed: a public key must not be taken for the secret of an HMAC.
SECRET_ALGORITHMS = ("HS256",)
JWKS_ALGORITHMS = ("RS256", "ES256", "EdDSA")

log = structlog.get_logger(__name__)

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_GUEST_ID = re.compile(r"guest:[A-Za-z0-9_-]{16}")
_ROLE_BY_WORD = {role.word: role for role in Role}


class KeyUnknown(LookupError):
    """No key of that id is known, and none could be fetched now."""


_FAULTS = (jwt.PyJWTError, KeyUnknown, ValueError, TypeError, OverflowError, RecursionError)


class Jwks:
    """A key set behind a URL; one fetch at a time, at most one each 10 s."""

    def __init__(self, url: str, pause_seconds: float = FETCH_PAUSE_SECONDS) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=FETCH_TIMEOUT_SECONDS)
        self._pause_seconds = pause_seconds
        self._key_by_id: dict[str, jwt.PyJWK] = {}
        self._fetched_at = -KEPT_SECONDS
        self._may_fetch_at = 0.0
        self._fetch: Future[list[jwt.PyJWK]] | None = None
        self._turn = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK:
        """The key of that id; waits for a fetch of at most about 2 s.

        Raises KeyUnknown where the set has no such key, or the set could not be fetched.
        """
        if key_id not in self._key_by_id or self._age_seconds() > FRESH_SECONDS:
            async with self._turn:
                if key_id not in self._key_by_id or self._age_seconds() > FRESH_SECONDS:
                    await self._refresh()
        if key_id not in self._key_by_id or self._age_seconds() > KEPT_SECONDS:
            raise KeyUnknown(key_id)
        return self._key_by_id[key_id]

    def _age_seconds(self) -> float:
        return time.monotonic() - self._fetched_at

    async def _refresh(self) -> None:
        # A provider that drips bytes may outlive the deadline: its thread is waited for before another.
        is_busy = self._fetch is not None and not self._fetch.done()
        if is_busy or time.monotonic() < self._may_fetch_at:
            return
        self._may_fetch_at = time.monotonic() + self._pause_seconds
        self._fetch = asyncio.get_running_loop().run_in_executor(None, self._client.get_signing_keys)
        # Kept by a callback: whoever asked first may be gone, or past its deadline, when the keys come.
        self._fetch.add_done_callback(self._keep)
        await asyncio.wait([self._fetch], timeout=FETCH_TIMEOUT_SECONDS + 0.5)

    def _keep(self, fetch: "Future[list[jwt.PyJWK]]") -> None:
        try:
            keys = fetch.result()
        except (jwt.PyJWTError, OSError, ValueError, asyncio.CancelledError) as fault:
            log.warning("jwks_unreachable", fault=f"{type(fault).__name__}: {fault}")
            return
        self._key_by_id = {key.key_id: key for key in keys if key.key_id is not None}
        self._fetched_at = time.monotonic()


class TokenRefused(Exception):
    """One and the same words, whatever was wrong: a forger learns nothing."""

    reason = "The token is not valid, or no longer."

    def __init__(self) -> None:
        super().__init__(self.reason)


class Tokens:
    """Verifies tokens and hands them to guests; `secret` is at least 32 bytes."""

    def __init__(self, secret: bytes, jwks: Jwks | None, admits_guests: bool) -> None:
        self._secret = _checked_secret(secret)
        self._guest_key = HKDF(SHA256(), 32, salt=None, info=b"hubbub guest tokens 1").derive(secret)
        self._jwks = jwks
        self.admits_guests = admits_guests

    async def verify(self, token: str) -> Credentials:
        """What the token says; raises TokenRefused. Waits only for an unknown JWKS key."""
        local = self.verify_local(token)
        return local if local is not None else await self._verify_by_jwks(token)

    def verify_local(self, token: str) -> Credentials | None:
        """As `verify`, without I/O: None where only a JWKS key can tell."""
        try:
            header = _header(token)
            if header["alg"] in JWKS_ALGORITHMS and self._jwks is not None:
                return None
            if header.get("kid") == GUEST_KEY_ID:
                return self._guest_credentials(_claims(token, self._guest_key, SECRET_ALGORITHMS))
            return _credentials(_claims(token, self._secret, SECRET_ALGORITHMS))
        except _FAULTS:
            raise TokenRefused from None

    def guest(self, name: str) -> tuple[Identity, str]:
        """A new guest of that name, and the token that keeps being them for 30 days.

        Raises Refused with `guests_refused` or `bad_request`.
        """
        if not self.admits_guests:
            raise Refused(Refusal(Code.GUESTS_REFUSED, "This server admits no guests; sign in with a token."))
        try:
            cleaned = names.display_name("name", name)
        except ValueError as fault:
            raise Refused(Refusal(Code.BAD_REQUEST, str(fault))) from None
        identity = Identity(f"guest:{secrets.token_urlsafe(12)}", cleaned, "guest")
        return identity, self.guest_token(identity)

    def guest_token(self, guest: Identity) -> str:
        """A fresh token that keeps being this guest for 30 days."""
        claims = _stamped({"sub": guest.id, "name": guest.name}, GUEST_SECONDS)
        return jwt.encode(claims, self._guest_key, "HS256", headers={"kid": GUEST_KEY_ID})

    async def _verify_by_jwks(self, token: str) -> Credentials:
        try:
            key_id = _header(token)["kid"]
            if self._jwks is None or not isinstance(key_id, str):
                raise KeyUnknown(key_id)
            return _credentials(_claims(token, await self._jwks.key(key_id), JWKS_ALGORITHMS))
        except (*_FAULTS, KeyError):
            raise TokenRefused from None

    def _guest_credentials(self, claims: dict[str, Any]) -> Credentials:
        # Nobody but this server signs with this key; a role in such a token would be our own fault.
        if not self.admits_guests or not _GUEST_ID.fullmatch(claims["sub"]) or "roles" in claims:
            raise ValueError("no guest")
        identity = Identity(claims["sub"], _name(claims), "guest")
        return Credentials(identity, {}, _expires_at_ms(claims))


def mint(
    secret: bytes,
    sub: str,
    name: str | None = None,
    kind: Literal["person", "bot"] = "person",
    roles: Mapping[str, str] | None = None,
    ttl_seconds: int = 24 * 3600,
) -> str:
    """A token signed with the secret, for `roles` as words by hub.

    Raises ValueError where a server would refuse it.
    """
    claims = _stamped({"sub": sub, "kind": kind, "roles": dict(roles or {})}, ttl_seconds)
    if name is not None:
        claims["name"] = names.display_name("name", name)
    _credentials(claims)
    token = jwt.encode(claims, _checked_secret(secret), "HS256")
    if len(token) > limits.TOKEN_BYTES:
        raise ValueError(f"the token is longer than {limits.TOKEN_BYTES} bytes")
    return token


def _checked_secret(secret: bytes) -> bytes:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"the secret has {len(secret)} bytes, at least {SECRET_BYTES} are needed")
    return secret


def _stamped(claims: dict[str, Any], ttl_seconds: int) -> dict[str, Any]:
    now_seconds = int(time.time())
    return {**claims, "aud": AUDIENCE, "iat": now_seconds, "exp": now_seconds + ttl_seconds}


def _header(token: str) -> dict[str, Any]:
    """The header, not yet verified; ValueError if it names no algorithm of ours."""
    # By the pattern alone, one token has one spelling: PyJWT would let `=` at the end of a part pass.
    if len(token) > limits.TOKEN_BYTES or not _COMPACT.fullmatch(token):
        raise ValueError("not a compact token")
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in SECRET_ALGORITHMS + JWKS_ALGORITHMS or "crit" in header or "b64" in header:
        raise ValueError("not a header of ours")
    return header


def _claims(token: str, key: bytes | jwt.PyJWK, algorithms: tuple[str, ...]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=list(algorithms),
        audience=AUDIENCE,
        leeway=LEEWAY_SECONDS,
        options={
            "require": ["sub", "aud", "exp", "iat"],
            "verify_exp": False,  # done exactly, below
            "enforce_minimum_key_length": True,
        },
    )
    for claim in ("exp", "iat", "nbf"):
        # PyJWT takes whatever `int` takes; NumericDate (RFC 7519, section 2) is a number.
        if isinstance(claims.get(claim, 0), bool | str):
            raise ValueError(f"{claim} is not a number")
    if _expires_at_ms(claims) <= time.time() * 1000:
        raise ValueError("expired")
    return claims


def _credentials(claims: dict[str, Any]) -> Credentials:
    sub = names.subject_id("sub", claims["sub"])
    if sub == "system" or sub.startswith("guest:"):
        raise ValueError("sub is neither `system` nor `guest:…`")
    identity = Identity(sub, _name(claims), _kind(claims))
    return Credentials(identity, _role_by_hub(claims), _expires_at_ms(claims))


def _name(claims: dict[str, Any]) -> str:
    """What is shown; a provider's odd name must not keep its owner out."""
    try:
        return names.display_name("name", claims["name"])
    except (KeyError, ValueError, TypeError):
        return str(claims["sub"])[: limits.NAME_CHARS]


def _kind(claims: dict[str, Any]) -> Kind:
    match claims.get("kind", "person"):
        case "person":
            return "person"
        case "bot":
            return "bot"
        case _:
            raise ValueError("kind is `person` or `bot`")


def _role_by_hub(claims: dict[str, Any]) -> dict[str, Role]:
    role_by_hub: dict[str, Role] = {}
    roles = claims.get("roles", {})
    if not isinstance(roles, dict):
        raise ValueError("roles is a map of words by hub")
    for hub, word in roles.items():
        if word not in _ROLE_BY_WORD:
            raise ValueError(f"{word!r} is not a role")
        role_by_hub[names.hub_name("roles", hub)] = _ROLE_BY_WORD[word]
    return role_by_hub


def _expires_at_ms(claims: dict[str, Any]) -> int:
    exp = claims["exp"]
    if not math.isfinite(exp) or not 0 < exp <= LATEST_EXPIRY_SECONDS:
        raise ValueError("exp is out of range")
    return int(exp * 1000)
