"""Where a Hubbub is, and the rooms of it that are to bear the load.

Knows addresses and the one HTTP call that makes a room. Refuses to know who may call it.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

HTTP_SECONDS: Final = 10.0
"""For one answer: the server itself answers within 2 s."""
PATIENCE_SECONDS: Final = 30.0
"""For making one room where the server says that it is too soon."""

EXISTS: Final = 409
TOO_SOON: Final = (429, 503)

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Impossible(Exception):
    """The load cannot be laid as it was asked for; the text is one line for people."""


@dataclass(frozen=True, slots=True)
class Site:
    """The address of a server, taken apart; `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What stands in `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as people know it."""
        return f"{self.scheme}://{self.authority}{self.path}"


def site_at(url: str) -> Site:
    """The site of an http:// or https:// address; raises Impossible for any other."""
    try:
        parts = urlsplit(url)
        if parts.scheme in DEFAULT_PORTS and parts.hostname and parts.port != 0:
            port = parts.port or DEFAULT_PORTS[parts.scheme]
            return Site(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
    except ValueError:
        pass
    raise Impossible(f"--against is an http:// or https:// address, not {url!r}.")


def greet(site: Site) -> None:
    """Looks whether a server is alive there; raises Impossible if none answers."""
    _answered(urllib.request.Request(f"{site.url}/livez"), site)


def make_rooms(site: Site, token: str, hub: str, count: int, step: Callable[[], None]) -> list[str]:
    """Makes the rooms `bench-1`, `bench-2`, … of a hub, unless they are there; returns their addresses.

    `step` is called before each; what it raises ends this. Raises Impossible.
    """
    rooms = []
    for number in range(1, count + 1):
        step()
        room = f"{hub}/bench-{number}"
        _make_room(site, token, hub, room)
        rooms.append(room)
    return rooms


def _make_room(site: Site, token: str, hub: str, room: str) -> None:
    body = json.dumps({"room": room, "title": f"Load {room.rpartition('-')[2]}", "mode": "agora"}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{site.url}/api/hubs/{hub}/rooms", body, headers)
    gives_up_at = time.monotonic() + PATIENCE_SECONDS
    while (refusal := _answered(request, site)) is not None and refusal.code != EXISTS:
        with refusal:
            if refusal.code not in TOO_SOON or time.monotonic() > gives_up_at:
                raise Impossible(_words(refusal, hub))
            time.sleep(_pause_seconds(refusal))


def _answered(request: urllib.request.Request, site: Site) -> urllib.error.HTTPError | None:
    """Sends a request; None if it was carried out, else what refused it. Raises Impossible."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy: it would be measured
    try:
        opener.open(request, timeout=HTTP_SECONDS).close()
    except urllib.error.HTTPError as refusal:
        return refusal
    except OSError as fault:
        reason = getattr(fault, "reason", fault)
        words = (isinstance(reason, OSError) and reason.strerror) or reason
        raise Impossible(f"No server answers at {site.url} ({words}).") from None
    except (ValueError, http.client.HTTPException):
        raise Impossible(f"What answers at {site.url} is no Hubbub.") from None
    return None


def _pause_seconds(answer: urllib.error.HTTPError) -> float:
    try:
        return min(5.0, max(0.1, float(answer.headers.get("Retry-After", "1"))))
    except ValueError:
        return 1.0


def _words(answer: urllib.error.HTTPError, hub: str) -> str:
    try:
        said = json.loads(answer.read(4_096))
        reason = f"{said['code']}: {said['reason']}"
    except (ValueError, KeyError, TypeError, OSError):
        reason = f"HTTP {answer.code}."
    return (
        f"No room can be made in the hub {hub} ({reason}) Give --hub with a hub that is there and the "
        "--token of an owner or the server's --secret, or --room HUB/ROOM with a room that is there."
    )
