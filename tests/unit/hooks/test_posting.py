"""A POST goes to an address that was looked at, once, and comes to an end."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest

from hubbub.hooks import posting
from hubbub.hooks.addresses import Address, is_public
from hubbub.hooks.posting import Outdated, Poster, Undelivered
from hubbub.hooks.signature import signature
from tests.support.receiver import Receiver, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def anywhere(_: Address) -> bool:
    return True


def names_lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Lets every name have these addresses; returns the names that are asked for."""
    asked: list[str] = []

    async def getaddrinfo(_: Any, host: str, port: int, **more: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", getaddrinfo)
    return asked


async def test_a_body_arrives_as_it_is_with_its_headers(receiver: Receiver) -> None:
    async with Poster(anywhere) as poster:
        assert await poster.post(receiver.url, b'{"a":"\xc3\xa9"}', {"Hubbub-Delivery": "k3/7"}, yes) == 204
    [taken] = receiver.taken
    assert (taken.body, taken.headers["Hubbub-Delivery"]) == ('{"a":"é"}', "k3/7")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_an_address_inside_is_not_connected_to(receiver: Receiver, host: str) -> None:
    async with Poster(is_public) as poster:
        with pytest.raises(Undelivered, match="private"):
            await poster.post(receiver.url.replace("127.0.0.1", host), b"{}", {}, yes)
    assert not receiver.taken


async def test_a_name_that_leads_inside_and_outside_is_not_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead_to(monkeypatch, "1.1.1.1", "127.0.0.1")
    async with Poster(is_public) as poster:
        with pytest.raises(Undelivered, match="private"):
            await poster.post(receiver.url.replace("127.0.0.1", "site.example"), b"{}", {}, yes)


async def test_the_connection_goes_to_the_address_that_was_looked_at_and_names_the_host(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names_lead_to(monkeypatch, "127.0.0.1")
    looked_at: list[Address] = []

    def look(address: Address) -> bool:
        looked_at.append(address)
        return True

    async with Poster(look) as poster:
        url = receiver.url.replace("127.0.0.1", "site.example")
        assert await poster.post(url, b"{}", {}, yes) == 204
        assert await poster.post(url, b"{}", {}, yes) == 204
    assert (asked, looked_at) == (["site.example"], [ip_address("127.0.0.1")]), "resolved more than once"
    assert receiver.taken[0].headers["Host"] == f"site.example:{urlsplit(receiver.url).port}"


async def test_another_address_is_tried_where_the_first_takes_no_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead_to(monkeypatch, "127.0.0.99", "127.0.0.1")
    async with Poster(anywhere) as poster:
        url = receiver.url.replace("127.0.0.1", "site.example")
        assert await poster.post(url, b"{}", {}, yes) == 204


async def test_a_redirect_is_a_status_like_any_other(receiver: Receiver) -> None:
    receiver.statuses.append(307)
    async with Poster(anywhere) as poster:
        assert await poster.post(receiver.url, b"{}", {}, yes) == 307
    assert len(receiver.taken) == 1


async def test_an_endless_reply_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.reply = b"x" * 50_000_000
    receiver.statuses.append(200)
    async with Poster(anywhere) as poster:
        assert await poster.post(receiver.url, b"{}", {}, yes) == 200


async def test_a_receiver_that_does_not_answer_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "REQUEST_SECONDS", 0.2)
    receiver.statuses.append(0)
    async with Poster(anywhere) as poster:
        with pytest.raises(Undelivered, match="no answer"):
            await poster.post(receiver.url, b"{}", {}, yes)
        assert await poster.post(receiver.url, b"{}", {}, yes) == 204


async def test_nobody_at_the_address_is_undelivered() -> None:
    async with Poster(anywhere) as poster:
        with pytest.raises(Undelivered, match=r"127\.0\.0\.1"):
            await poster.post("http://127.0.0.1:9/in", b"{}", {}, yes)


async def test_what_has_changed_while_the_connection_was_made_does_not_leave(receiver: Receiver) -> None:
    async with Poster(anywhere) as poster:
        with pytest.raises(Outdated):
            await poster.post(receiver.url, b"{}", {}, no)
    assert not receiver.taken


def test_a_signature_can_be_checked_with_nothing_but_the_page() -> None:
    # echo -n '1795468057.{}' | openssl dgst -sha256 -hmac 'a key'
    digest = "47fe66efa86cb9f942f79a0a8edb6e7bd12ec8d89a3fa8d00549bd7cd6d417e8"
    assert signature("a key", 1_795_468_057, b"{}") == f"t=1795468057,v1={digest}"
