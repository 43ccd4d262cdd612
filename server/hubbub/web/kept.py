"""Bytes that are the same for everybody: compressed once, sent again only where they changed.

Knows entity tags and encodings. Refuses to know what the bytes are and where they come from.
"""

import gzip
import hashlib
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Kept:
    """One body, as it is and compressed; public, so that its length tells nothing."""

    body: bytes
    compressed: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> "Kept":
        """Compress it once for all."""
        # Weak: the same body, compressed or not.
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
        return cls(body, gzip.compress(body, mtime=0), media_type, etag)

    def reply(self, request: Headers, status: int = 200) -> Response:
        """Send it, compressed where that is read and smaller, or say that it has not changed."""
        headers = {"ETag": self.etag, "Vary": "Accept-Encoding"}
        known = {tag.strip() for tag in request.get("If-None-Match", "").split(",")}
        if status == 200 and known & {self.etag, "*"}:
            return Response(status_code=304, headers=headers)
        if len(self.compressed) < len(self.body) and "gzip" in request.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.compressed, status, headers, self.media_type)
        return Response(self.body, status, headers, self.media_type)
