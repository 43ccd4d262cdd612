"""Knows how to sign tokens that a hub's own site would sign; refuses to know how the server checks them."""

from __future__ import annotations

import time
from collections.abc import Mapping

import jwt

# At least 32 bytes, as the server demands; the same for every server that tests start.
SECRET = "a-secret-for-tests-only-of-more-than-32-bytes"


def token(
    subject: str,
    *,
    name: str | None = None,
    kind: str | None = None,
    roles: Mapping[str, str] | None = None,
    secret: str = SECRET,
    valid_seconds: float = 3600,
) -> str:
    """Return an HS256 token for `subject`, valid from now on for `valid_seconds`."""
    now = time.time()
    claims: dict[str, object] = {
        "sub": subject,
        "aud": "hubbub",
        "iat": int(now),
        "exp": int(now + valid_seconds),
        "name": name or subject,
    }
    if kind is not None:
        claims["kind"] = kind
    if roles is not None:
        claims["roles"] = dict(roles)
    return jwt.encode(claims, secret, algorithm="HS256")
