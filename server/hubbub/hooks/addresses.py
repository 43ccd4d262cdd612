"""Where a webhook may lead: what a URL must be, and which addresses are reached.

Knows URLs and networks. Refuses to know how names are resolved and how a connection is made (posting).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

URL_CHARS = 2_000
"""Of a URL: what everybody's software still takes."""

Address = IPv4Address | IPv6Address

NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' own; a cloud's metadata (100.100.100.200)
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's inside, at an address that looks public
            "169.254.0.0/16",  # link-local; clouds' metadata (169.254.169.254)
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",  # Teredo and other protocols' own
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address in disguise
            "3fff::/20",
        ),
    )
)
PUBLIC_V6 = ip_network("2000::/3")
"""All that is routed. Outside: ::1, fc00::/7, fe80::/10, ff00::/8; IPv4 as ::ffff:0:0/96 and 64:ff9b::/96."""


class UrlRefused(ValueError):
    """No webhook leads there; the text is for people."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the Internet at large, whoever asks."""
    if isinstance(address, IPv6Address) and (address not in PUBLIC_V6 or address.scope_id is not None):
        return False
    return not any(address in network for network in NOT_PUBLIC if network.version == address.version)


def checked_url(url: str, allow_private: bool) -> str:
    """The URL if a webhook may have it, its name unresolved; raises UrlRefused."""
    if len(url) > URL_CHARS or not (url.isascii() and url.isprintable()) or " " in url:
        raise UrlRefused(f"the URL is at most {URL_CHARS} printable ASCII characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UrlRefused("the URL is none") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not host or port == 0:
        more = "" if allow_private else " (http:// only with --allow-private-webhooks)"
        raise UrlRefused(f"the URL begins with https:// and a host{more}")
    if "@" in parts.netloc:
        raise UrlRefused("the URL holds no name and password: the signature says who sends")
    if parts.fragment or "#" in url:
        raise UrlRefused("the URL has no fragment: it would not be sent")
    if not allow_private and not is_host_public(host):
        raise UrlRefused("the URL leads to a private address (--allow-private-webhooks)")
    return url


def is_host_public(host: str) -> bool:
    """False for an address that is not public; a name is looked at when it is resolved."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        return True
