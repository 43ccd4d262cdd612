"""How a receiver can tell that a delivery is ours, and is not an old one sent again.

Knows the header's form. Refuses to know what is signed.
"""

import hashlib
import hmac


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The header `Hubbub-Signature`: HMAC-SHA-256 over the time, a full stop, and the body as it is sent."""
    signed = b"%d.%s" % (at_s, body)
    return f"t={at_s},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
