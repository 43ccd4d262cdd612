"""Which hosts and origins are ours, and whose address a connection comes from.

Knows the `Host`, `Origin` and `X-Forwarded-For` headers (protocol, section 2) and how many connections an
address has. Refuses to know sockets and requests: it gets strings and answers.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

ADDRESSES_REMEMBERED = 1_024  # parsed ones: people come again, and many from one address
UNKNOWN_ADDRESS = "unknown"  # of a peer without an address, as on a unix socket
DEFAULT_PORT_BY_SCHEME = {"http": 80, "https": 443}
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
)


class Sites:
    """The origins and hosts that this server answers to; everything else is foreign.

    Headers are compared with a closed list of whole strings: nothing of theirs is parsed.
    """

    def __init__(self, host: str, port: int, allowed_origins: Iterable[str] = ()) -> None:
        """`port` is the one really listened on; ValueError for an origin that is none."""
        own = [("http", name, port) for name in (*LOOPBACK_NAMES, _as_host(host))]
        places = [*own, *(_place(origin.lower()) for origin in allowed_origins)]
        spellings = [spelling for place in places for spelling in _spellings(*place)]
        self._origins = frozenset(f"{scheme}://{authority}" for scheme, authority in spellings)
        self._hosts = frozenset(authority for _, authority in spellings)

    def admits_host(self, header: str | None) -> bool:
        """Whether a `Host` header names this server; upper case is the same host."""
        return header is not None and header.lower() in self._hosts

    def admits_origin(self, header: str | None) -> bool:
        """Whether a page of that `Origin` may connect; none at all is a script."""
        return header is None or header in self._origins

    def why_refused(self, hosts: Sequence[str], origins: Sequence[str]) -> str | None:
        """Why a request with these `Host` and `Origin` headers is foreign, if it is."""
        if len(hosts) != 1 or not self.admits_host(hosts[0]):
            return "This server does not answer to that Host."
        if len(origins) > 1 or not self.admits_origin(origins[0] if origins else None):
            return "Pages of that Origin may not use this server."
        return None


class AddressCounter:
    """Open connections by address; addresses of `exempt` networks are not counted.

    An IPv6 address counts as its /64, which is what one customer is given. Holds one number for each
    address that is connected, so it is bounded by the open connections.
    """

    def __init__(self, limit: int | None, exempt: Sequence[Network] = ()) -> None:
        """At most `limit` connections an address; None counts nothing."""
        self._limit = limit
        self._exempt = tuple(exempt)
        self._count_by_bucket: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Counts one more connection of `address`, or returns False, uncounted."""
        if self._limit is None or self._is_exempt(address):
            return True
        bucket = address_bucket(address)
        count = self._count_by_bucket.get(bucket, 0)
        if count >= self._limit:
            return False
        self._count_by_bucket[bucket] = count + 1
        return True

    def leave(self, address: str) -> None:
        """Takes one back; once for each `enter` that returned True."""
        if self._limit is None or self._is_exempt(address):
            return
        bucket = address_bucket(address)
        if (count := self._count_by_bucket.get(bucket, 0)) > 1:
            self._count_by_bucket[bucket] = count - 1
        else:
            self._count_by_bucket.pop(bucket, None)

    def open_connections(self, address: str) -> int:
        """How many connections of `address` are counted now."""
        return self._count_by_bucket.get(address_bucket(address), 0)

    def _is_exempt(self, address: str) -> bool:
        return address == UNKNOWN_ADDRESS or _is_within(_parsed(address), self._exempt)


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted_proxies: Sequence[Network]) -> str:
    """The right-most address that is no proxy of ours; the peer's own by default.

    `forwarded_for` are the values of all `X-Forwarded-For` headers, in order. They count only if the
    peer is a trusted proxy, and only as far as each writer is one. A peer without an address is `unknown`.
    """
    address = _parsed(peer)
    if address is None:
        return UNKNOWN_ADDRESS
    for hop in reversed(",".join(forwarded_for).split(",")):
        if not _is_within(address, trusted_proxies):
            break
        if (next_address := _parsed(_without_port(hop.strip()))) is None:
            break
        address = next_address
    return str(address)


def address_bucket(address: str) -> str:
    """What limits count an address as: itself, or the /64 network of an IPv6 one."""
    parsed = _parsed(address)
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


def _as_host(host: str) -> str:
    """A host to listen on, as it stands in a URL."""
    parsed = _parsed(host)
    return f"[{parsed.compressed}]" if isinstance(parsed, IPv6Address) else host.lower()


def _place(origin: str) -> tuple[str, str, int]:
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise ValueError(f"{origin!r} is not an origin like https://chat.example.org")
    scheme = match["scheme"]
    return scheme, match["host"], int(match["port"] or DEFAULT_PORT_BY_SCHEME[scheme])


def _spellings(scheme: str, host: str, port: int) -> list[tuple[str, str]]:
    """Scheme and authority, with the port and, where it is the scheme's own, without."""
    bare = [(scheme, host)] if port == DEFAULT_PORT_BY_SCHEME[scheme] else []
    return [(scheme, f"{host}:{port}"), *bare]


@lru_cache(ADDRESSES_REMEMBERED)
def _parsed(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    # A socket that listens on both families shows IPv4 peers as ::ffff:192.0.2.1.
    return (parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None) or parsed


def _is_within(address: IPv4Address | IPv6Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _without_port(hop: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` as some proxies write them."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
