"""Signed tokens: who presents one, with which roles, until when.

Knows the claims of section 2.1 of the protocol, which key may sign with which algorithm, and how to get an
identity provider's keys without blocking the loop. Refuses to know connections, routes and where roles
granted in a room are kept.
"""

import asyncio
import base64
import hmac
import math
import re
import secrets
import time
from asyncio import Future
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import jwt
import msgspec
import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hubbub.domain import limits, names
from hubbub.domain.identity import NO_ROLES, Credentials, Identity, Kind, Role
from hubbub.domain.refusals import Code, Refusal, Refused

AUDIENCE = "hubbub"
SECRET_BYTES = 32  # the least: as long as the digest that HS256 signs with (RFC 7518, section 3.2)
GUEST_SECONDS = 30 * 24 * 3600
GUEST_KEY_ID = "guest"
LEEWAY_SECONDS = 5  # for `iat` and `nbf`: clocks of two machines; `exp` is exact
HEADERS_REMEMBERED = 64  # parsed ones: all tokens of one issuer begin alike
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


_FAULTS = (jwt.PyJWTError, LookupError, ValueError, TypeError, OverflowError, RecursionError)


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
            if header["alg"] not in SECRET_ALGORITHMS:
                raise ValueError("not an algorithm of the secret's")
            if header.get("kid") == GUEST_KEY_ID:
                return self._guest_credentials(_claims_by_secret(token, self._guest_key))
            return _credentials(_claims_by_secret(token, self._secret))
        except _FAULTS:
            raise TokenRefused from None

    def guest(self, name: str) -> tuple[Identity, str]:
        """A new guest of that name, and the token that keeps being them for 30 days; raises Refused."""
        identity = self.new_guest(name).identity
        return identity, self.guest_token(identity)

    def new_guest(self, name: str) -> Credentials:
        """A new guest of that name, as a token made now would tell.

        Raises Refused with `guests_refused` or `bad_request`.
        """
        if not self.admits_guests:
            raise Refused(Refusal(Code.GUESTS_REFUSED, "This server admits no guests; sign in with a token."))
        try:
            cleaned = names.display_name("name", name)
        except ValueError as fault:
            raise Refused(Refusal(Code.BAD_REQUEST, str(fault))) from None
        identity = Identity(f"guest:{secrets.token_urlsafe(12)}", cleaned, "guest")
        return Credentials(identity, NO_ROLES, (int(time.time()) + GUEST_SECONDS) * 1000)

    def guest_token(self, guest: Identity) -> str:
        """A fresh token that keeps being this guest for 30 days."""
        claims = _stamped({"sub": guest.id, "name": guest.name}, GUEST_SECONDS)
        return jwt.encode(claims, self._guest_key, "HS256", headers={"kid": GUEST_KEY_ID})

    async def _verify_by_jwks(self, token: str) -> Credentials:
        try:
            key_id = _header(token)["kid"]
            if self._jwks is None or not isinstance(key_id, str):
                raise KeyUnknown(key_id)
            return _credentials(_claims_by_key(token, await self._jwks.key(key_id)))
        except _FAULTS:
            raise TokenRefused from None

    def _guest_credentials(self, claims: dict[str, Any]) -> Credentials:
        # Nobody but this server signs with this key; a role in such a token would be our own fault.
        if not self.admits_guests or not _GUEST_ID.fullmatch(claims["sub"]) or "roles" in claims:
            raise ValueError("no guest")
        identity = Identity(claims["sub"], _name(claims), "guest")
        return Credentials(identity, NO_ROLES, _expires_at_ms(claims))


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
    header = _header_of(token.partition(".")[0])
    if header.get("alg") not in SECRET_ALGORITHMS + JWKS_ALGORITHMS or "crit" in header or "b64" in header:
        raise ValueError("not a header of ours")
    return header


@lru_cache(HEADERS_REMEMBERED)
def _header_of(segment: str) -> dict[str, Any]:
    """The header that a token begins with; to be read only."""
    return jwt.get_unverified_header(f"{segment}..")


def _claims_by_secret(token: str, key: bytes) -> dict[str, Any]:
    """The claims of a compact token, if HS256 with `key` signed it (RFC 7515, section 5.2).

    A crowd that comes back shows a token each. PyJWT takes five times as long for one: it reads the header
    again, and looks at every character of every part by itself.
    """
    signed, _, signature = token.rpartition(".")
    digest = hmac.digest(key, signed.encode("ascii"), "sha256")
    # Compared as it is spelled, so that one signature has one spelling.
    if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), signature.encode("ascii")):
        raise ValueError("not signed by us")
    payload = signed.partition(".")[2]
    decoded = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return _checked(msgspec.json.decode(decoded, type=dict[str, Any]))


def _claims_by_key(token: str, key: jwt.PyJWK) -> dict[str, Any]:
    """The claims of a token, if the provider's key signed it."""
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=list(JWKS_ALGORITHMS),
        audience=AUDIENCE,
        leeway=LEEWAY_SECONDS,
        options={
            "require": ["sub", "aud", "exp", "iat"],
            "verify_exp": False,  # done exactly, below
            "enforce_minimum_key_length": True,
        },
    )
    return _checked(claims)


def _checked(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims, if they are for us, complete and in force (RFC 7519, section 4.1)."""
    audiences = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not isinstance(audiences, list) or not all(isinstance(audience, str) for audience in audiences):
        raise ValueError("aud is neither a string nor a list of strings")
    if AUDIENCE not in audiences:
        raise ValueError("for somebody else")
    if not isinstance(claims["sub"], str) or not isinstance(claims.get("jti", ""), str):
        raise ValueError("sub and jti are strings")
    for claim in ("exp", "iat", "nbf"):
        # A NumericDate (section 2) is a number; a bool is none.
        if type(claims.get(claim, 0)) not in (int, float):
            raise ValueError(f"{claim} is not a number")
    now_seconds = time.time()
    if not max(claims["iat"], claims.get("nbf", 0)) <= now_seconds + LEEWAY_SECONDS:
        raise ValueError("not yet in force")
    if _expires_at_ms(claims) <= now_seconds * 1000:
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


def _role_by_hub(claims: dict[str, Any]) -> Mapping[str, Role]:
    role_by_hub: dict[str, Role] = {}
    roles = claims.get("roles", {})
    if not isinstance(roles, dict):
        raise ValueError("roles is a map of words by hub")
    for hub, word in roles.items():
        if word not in _ROLE_BY_WORD:
            raise ValueError(f"{word!r} is not a role")
        role_by_hub[names.hub_name("roles", hub)] = _ROLE_BY_WORD[word]
    return role_by_hub or NO_ROLES


def _expires_at_ms(claims: dict[str, Any]) -> int:
    exp = claims["exp"]
    if not math.isfinite(exp) or not 0 < exp <= LATEST_EXPIRY_SECONDS:
        raise ValueError("exp is out of range")
    return int(exp * 1000)
