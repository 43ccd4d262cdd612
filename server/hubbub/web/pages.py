"""The browser demo as it is served: types, compression, and what a browser may keep of it.

Knows files. Refuses to know what is in them, and every path that is not one: `404.html` answers there.
"""

import os
from pathlib import Path
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

import hubbub

LEAST_COMPRESSED_BYTES: Final = 512  # below, a packet is a packet
# What Chromium must be told exactly, and some machines' tables get wrong.
TYPE_BY_SUFFIX: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


def pages_folder() -> Path | None:
    """The browser demo: inside the installed package, or beside it in the repository."""
    package = Path(hubbub.__file__).parent
    folders = (package / "client_demo", package.parents[1] / "client_demo")
    return next((folder for folder in folders if folder.is_dir()), None)


def pages_app(folder: Path) -> ASGIApp:
    """The files of a folder, compressed: nothing in them is secret, so their length tells nothing either."""
    return GZipMiddleware(_Files(directory=folder, html=True), minimum_size=LEAST_COMPRESSED_BYTES)


class _Files(StaticFiles):
    """Files that are asked for again each time and sent again only if they changed."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        # Weak: the same file, compressed or not.
        response.headers["ETag"] = f"W/{response.headers['etag']}"
        if (known := TYPE_BY_SUFFIX.get(Path(full_path).suffix)) and response.status_code != 304:
            response.headers["Content-Type"] = known
        return response
