"""Hosts, origins and addresses: what is ours, whose a connection is, and how many one may have."""

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest

from hubbub.hosts import AddressCounter, Sites, client_address

SITES = Sites("192.0.2.7", 8000, ("https://Chat.Example.org", "http://lan.example:8080"))


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://192.0.2.7:8000",
        "https://chat.example.org",
        "https://chat.example.org:443",
        "http://lan.example:8080",
    ],
)
def test_own_origins_are_admitted(origin: str | None) -> None:
    assert SITES.admits_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        " ",
        "*",
        "file://",
        "https://evil.example",
        "https://chat.example.org.evil.example",  # suffix
        "https://evilchat.example.org",  # prefix
        "https://evil.example/https://chat.example.org",
        "https://chat.example.org@evil.example",
        "https://evil.example#https://chat.example.org",
        "https://chat.example.org.",  # the same host in DNS, another one in a browser
        "https://chatXexample.org",  # a dot is a dot
        "https://example.org",
        "https://www.chat.example.org",
        "http://chat.example.org",  # scheme
        "ws://chat.example.org",
        "wss://chat.example.org",
        "https://lan.example:8080",
        "https://chat.example.org:8443",  # port
        "https://chat.example.org:0443",
        "https://chat.example.org:",
        "http://localhost",
        "http://localhost:8001",
        "http://localhost:80000",
        "https://localhost:8000",
        "HTTPS://CHAT.EXAMPLE.ORG",  # case: browsers send lower case
        "https://Chat.Example.org",
        "https://chat.example.org/",
        " https://chat.example.org",
        "https://chat.example.org https://evil.example",
        "https://chat.example.org,https://evil.example",
        "https://chat.example.org\x00.evil.example",
        "http://127.0.0.1.evil.example:8000",
        "http://127.1:8000",  # spellings that reach loopback
        "http://2130706433:8000",
        "http://0.0.0.0:8000",
        "http://[0:0:0:0:0:0:0:1]:8000",
        "http://[::ffff:127.0.0.1]:8000",
        "http://localhost:8000\r\nX: y",
        "https://сhat.example.org",  # Cyrillic  # noqa: RUF100, RUF001
    ],
)
def test_foreign_origins_are_refused(origin: str) -> None:
    assert not SITES.admits_origin(origin)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000",
        "LOCALHOST:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "192.0.2.7:8000",
        "chat.example.org",
        "chat.example.org:443",
        "Chat.Example.Org",
        "lan.example:8080",
    ],
)
def test_own_hosts_are_admitted(host: str) -> None:
    assert SITES.admits_host(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "localhost",
        "localhost:80",
        "evil.example",
        "evil.example:8000",
        "chat.example.org:80",
        "chat.example.org:8000",
        "lan.example",
        "a.localhost:8000",
        "localhost.:8000",
        "localhost:8000:8000",
        "localhost:8000,evil.example",
        "user@localhost:8000",
        " localhost:8000",
        "::1:8000",
        "*",
        "0.0.0.0:8000",
    ],
)
def test_foreign_hosts_are_refused(host: str | None) -> None:
    assert not SITES.admits_host(host)


def test_port_80_is_left_out_by_browsers() -> None:
    sites = Sites("127.0.0.1", 80)
    assert sites.admits_host("localhost") and sites.admits_origin("http://localhost")
    assert not sites.admits_origin("https://localhost")


def test_server_on_an_ipv6_address_is_reached_by_it_in_brackets() -> None:
    sites = Sites("2001:DB8:0::5", 8000)
    assert sites.admits_host("[2001:db8::5]:8000") and sites.admits_origin("http://[2001:db8::5]:8000")


@pytest.mark.parametrize(
    "origin", ["chat.example.org", "https://", "https://a/b", "null", "ftp://a", "https://*.a"]
)
def test_setting_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="not an origin"):
        Sites("127.0.0.1", 8000, (origin,))


def test_request_says_its_host_once_and_its_origin_at_most_once() -> None:
    assert SITES.why_refused(["localhost:8000"], []) is None
    assert SITES.why_refused(["localhost:8000"], ["http://localhost:8000"]) is None
    assert SITES.why_refused([], []) is not None
    assert SITES.why_refused(["localhost:8000", "evil.example"], []) is not None
    assert SITES.why_refused(["evil.example"], []) is not None
    assert SITES.why_refused(["localhost:8000"], ["null"]) is not None
    assert SITES.why_refused(["localhost:8000"], ["http://localhost:8000", "http://evil.example"]) is not None


PROXIES: tuple[IPv4Network | IPv6Network, ...] = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),  # a stranger may write what they like
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.5, 198.51.100.9"], "198.51.100.9"),  # the left one is the client's claim
        ("10.0.0.1", ["203.0.113.5", "198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.5, 198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.9, garbage"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.9, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("10.0.0.1", ["[2001:db8::9]:4711"], "2001:db8::9"),
        ("10.0.0.1", ["2001:db8::9"], "2001:db8::9"),
        ("::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("fd00::1", ["198.51.100.9"], "198.51.100.9"),
        (None, ["198.51.100.9"], "unknown"),
        ("", ["198.51.100.9"], "unknown"),
    ],
)
def test_address_is_the_right_most_one_that_no_proxy_of_ours_has(
    peer: str | None, forwarded_for: list[str], address: str
) -> None:
    assert client_address(peer, forwarded_for, PROXIES) == address


def test_address_may_not_have_more_connections_than_its_limit() -> None:
    counter = AddressCounter(2)
    assert counter.enter("192.0.2.1") and counter.enter("192.0.2.1")
    assert not counter.enter("192.0.2.1")
    assert counter.enter("192.0.2.2")
    counter.leave("192.0.2.1")
    assert counter.enter("192.0.2.1")


def test_ipv6_addresses_of_one_network_count_together() -> None:
    counter = AddressCounter(1)
    assert counter.enter("2001:db8::1")
    assert not counter.enter("2001:db8::ffff:1")
    assert counter.enter("2001:db8:0:1::1")


def test_proxies_and_peers_without_address_are_not_counted() -> None:
    counter = AddressCounter(1, PROXIES)
    assert all(counter.enter(address) for address in ("10.0.0.1", "10.0.0.1", "unknown", "unknown"))


def test_nothing_is_counted_where_limits_are_off() -> None:
    counter = AddressCounter(None)
    assert all(counter.enter("192.0.2.1") for _ in range(100))
