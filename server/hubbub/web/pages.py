"""The browser demo as it is served: out of memory, compressed, and sent again only where it changed.

Knows the files of a folder and their types. Refuses to know what is in them, and every path that is not one
of them: no path of a request ever becomes one of the machine.
"""

from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import hubbub
from hubbub.web.kept import Kept

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


class Pages:
    """The files of a folder under their paths; what they hold is public, so its length tells nothing.

    A file that is changed is read anew; one that is added is found at the next start.
    """

    def __init__(self, folder: Path) -> None:
        files = (file for file in folder.rglob("*") if file.is_file() and file.suffix in TYPE_BY_SUFFIX)
        self._files = {f"/{file.relative_to(folder).as_posix()}": file for file in files}
        if "/index.html" in self._files:
            self._files["/"] = self._files["/index.html"]
        self._pages: dict[Path, tuple[int, Kept]] = {}  # as of when, in ns; as many as there are files

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

    def _page(self, file: Path) -> Kept:
        modified_ns = file.stat().st_mtime_ns
        read_ns, page = self._pages.get(file, (None, None))
        if page is None or read_ns != modified_ns:
            page = Kept.of(file.read_bytes(), TYPE_BY_SUFFIX[file.suffix])
            self._pages[file] = (modified_ns, page)
        return page
