"""The browser demo as it is served: out of memory, compressed, and sent again only where it changed.

Knows the files of a folder and their types. Refuses to know what is in them, and every path that is not one
of them: no path of a request ever becomes one of the machine.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import hubbub

# What a browser is given, and as what; other files of the folder are not for it.
TYPE_BY_SUFFIX: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webmanifest": "application/manifest+json",
}
NOT_FOUND: Final = "404.html"


def pages_folder() -> Path | None:
    """The browser demo: inside the installed package, or beside it in the repository."""
    package = Path(hubbub.__file__).parent
    folders = (package / "client_demo", package.parents[1] / "client_demo")
    return next((folder for folder in folders if folder.is_dir()), None)


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it was when it was read."""

    modified_ns: int
    body: bytes
    compressed: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> "Page":
        """Read it, and compress it once for all."""
        modified_ns, body = path.stat().st_mtime_ns, path.read_bytes()
        # Weak: the same file, compressed or not.
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
        return cls(modified_ns, body, gzip.compress(body, mtime=0), TYPE_BY_SUFFIX[path.suffix], etag)

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


class Pages:
    """The files of a folder under their paths; what they hold is public, so its length tells nothing.

    A file that is changed is read anew; one that is added is found at the next start.
    """

    def __init__(self, folder: Path) -> None:
        files = (file for file in folder.rglob("*") if file.is_file() and file.suffix in TYPE_BY_SUFFIX)
        self._files = {f"/{file.relative_to(folder).as_posix()}": file for file in files}
        if "/index.html" in self._files:
            self._files["/"] = self._files["/index.html"]
        self._pages: dict[Path, Page] = {}  # as many as there are files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        await self._reply(scope["path"], Headers(scope=scope))(scope, receive, send)

    def _reply(self, path: str, request: Headers) -> Response:
        if file := self._files.get(path):
            return self._page(file).reply(request)
        if lost := self._files.get(f"/{NOT_FOUND}"):
            return self._page(lost).reply(request, 404)
        raise HTTPException(404)

    def _page(self, file: Path) -> Page:
        page = self._pages.get(file)
        if page is None or page.modified_ns != file.stat().st_mtime_ns:
            page = self._pages[file] = Page.read(file)
        return page
