"""The address of a server, as people write it."""

import pytest

from hubbub.bench.site import Impossible, site_at


@pytest.mark.parametrize(
    ("url", "authority", "again"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://chat.example.org/", "chat.example.org", "https://chat.example.org"),
        ("http://[::1]:8000/chat/", "[::1]:8000", "http://[::1]:8000/chat"),
        ("http://chat.example.org:80", "chat.example.org", "http://chat.example.org"),
    ],
)
def test_an_address_is_taken_apart_and_put_together(url: str, authority: str, again: str) -> None:
    site = site_at(url)
    assert (site.authority, site.url) == (authority, again)


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8000", "http://", "http://x:0", "http://x:99999", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Impossible, match="--against"):
        site_at(url)
