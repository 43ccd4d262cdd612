"""Webhooks lead to the Internet at large, and nowhere inside."""

from ipaddress import ip_address

import pytest

from hubbub.hooks.addresses import URL_CHARS, UrlRefused, checked_url, is_public


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "172.15.0.1",
        "172.32.0.1",
        "193.0.0.1",
        "2606:4700::1111",
        "2a00::1",
    ],
)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example/in",
        "https://site.example:8443/in?key=1",
        "https://1.1.1.1/",
        "https://[2a00::1]:444/in",
    ],
)
def test_https_to_a_name_or_a_public_address_is_taken(url: str) -> None:
    assert checked_url(url, allow_private=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://site.example/in", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data", "http://localhost/",
    ],
)  # fmt: skip
def test_http_and_addresses_inside_are_taken_only_where_they_are_allowed(url: str) -> None:
    with pytest.raises(UrlRefused, match="--allow-private-webhooks"):
        checked_url(url, allow_private=False)
    assert checked_url(url, allow_private=True) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "site.example", "ftp://site.example/", "file:///etc/passwd", "https://", "https:///in",
        "https://amina:secret@site.example/", "https://@site.example/", "https://site.example:0/",
        "https://site.example:70000/", "https://site.example/#part", "https://site.example/a b",
        "https://site.example/\n", "https://sïte.example/", "https://[::1/",
        "https://site.example/" + "x" * URL_CHARS,
    ],
)  # fmt: skip
@pytest.mark.parametrize("allow_private", [True, False])
def test_what_is_no_plain_web_address_is_refused(url: str, allow_private: bool) -> None:
    with pytest.raises(UrlRefused):
        checked_url(url, allow_private)
