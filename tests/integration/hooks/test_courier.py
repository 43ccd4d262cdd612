"""A courier sends in order, again until it is taken, and only while it holds the lease."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from structlog.testing import capture_logs

from hubbub.hooks import courier, posting
from hubbub.hooks.outgoing import Progress, Webhook
from tests.integration.hooks.conftest import Bench
from tests.integration.roomlog.place import MODERATOR
from tests.support.receiver import Receiver
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "FIRST_PAUSE_SECONDS", 0.01)


@asynccontextmanager
async def at_work(bench: Bench, webhook: Webhook, moved: asyncio.Event | None = None) -> AsyncIterator[None]:
    """A courier of that webhook for the length of the block."""
    one = await bench.courier(webhook, moved)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        try:
            yield
        finally:
            running.cancel()


def _have_come(receiver: Receiver, count: int) -> bool:
    return len(receiver.accepted) == count


async def progress_of(bench: Bench, webhook: Webhook) -> Progress:
    progress = await bench.book.progress(webhook.id)
    assert progress is not None
    return progress


async def test_what_is_said_arrives_signed(bench: Bench, receiver: Receiver) -> None:
    webhook = await bench.webhook(receiver.url)
    await bench.place.say("un")
    async with at_work(bench, webhook):
        await until("it arrives", lambda: receiver.accepted)
    [taken] = receiver.accepted
    signed_at, given = (part.partition("=")[2] for part in taken.headers["Hubbub-Signature"].split(","))
    wanted = hmac.new(b"a key of the test", f"{signed_at}.{taken.body}".encode(), hashlib.sha256)
    assert hmac.compare_digest(given, wanted.hexdigest())
    assert taken.headers["Hubbub-Delivery"] == f"{taken.fields['epoch']}/1"
    assert taken.texts == ["un"]


async def test_what_comes_later_is_sent_when_it_comes(bench: Bench, receiver: Receiver) -> None:
    webhook, moved = await bench.webhook(receiver.url), asyncio.Event()
    async with at_work(bench, webhook, moved):
        for number in range(3):
            await bench.place.say(str(number))
            moved.set()
            await until("it arrives", partial(_have_come, receiver, number + 1))
    assert [taken.texts for taken in receiver.accepted] == [["0"], ["1"], ["2"]]


@pytest.mark.parametrize("failures", [[500, 503, 302], [0], [400, 0, 500]])
async def test_failures_change_neither_order_nor_the_name_of_a_delivery(
    bench: Bench, receiver: Receiver, failures: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "REQUEST_SECONDS", 0.3)
    webhook, moved = await bench.webhook(receiver.url), asyncio.Event()
    receiver.statuses.extend(failures)
    await bench.place.say("un")
    async with at_work(bench, webhook, moved):
        await until("the first attempt", lambda: receiver.taken)
        await bench.place.say("deux")
        await until("both arrive", lambda: sum(len(one.seqs) for one in receiver.accepted) == 2)
    assert [taken.texts for taken in receiver.accepted] == [["un"], ["deux"]]
    attempts = [taken.headers["Hubbub-Delivery"] for taken in receiver.taken]
    assert attempts == [
        f"{(await progress_of(bench, webhook)).epoch}/{seq}" for seq in (*[1] * len(failures), 1, 2)
    ]


async def test_a_courier_goes_on_from_where_the_one_before_was(bench: Bench, receiver: Receiver) -> None:
    webhook = await bench.webhook(receiver.url)
    await bench.place.say("un")
    async with at_work(bench, webhook):
        await until("it is noted", lambda: _is_at(bench, webhook, 1))
    await bench.book.let_go(webhook.id, "holder")
    await bench.place.say("deux")
    async with at_work(bench, webhook):
        await until("it is noted", lambda: _is_at(bench, webhook, 2))
    assert [taken.texts for taken in receiver.accepted] == [["un"], ["deux"]]


async def _is_at(bench: Bench, webhook: Webhook, seq: int) -> bool:
    return (await progress_of(bench, webhook)).seq == seq


async def test_what_is_removed_between_two_attempts_leaves_no_second_time(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "FIRST_PAUSE_SECONDS", 30.0)
    webhook = await bench.webhook(receiver.url)
    receiver.statuses.append(500)
    await bench.place.say("a secret")
    async with at_work(bench, webhook):
        await until("the first attempt", lambda: receiver.taken)
    await bench.place.act(bench.place.agora, MODERATOR, await bench.place.removes(1))
    await bench.book.let_go(webhook.id, "holder")
    async with at_work(bench, webhook):
        await until("it is taken", lambda: receiver.accepted)
    assert "secret" not in receiver.accepted[0].body
    assert receiver.accepted[0].fields["entries"][0]["kind"] == "removed"


async def test_who_lost_the_lease_writes_nothing_and_ends(bench: Bench, receiver: Receiver) -> None:
    webhook = await bench.webhook(receiver.url)
    one = await bench.courier(webhook)
    await bench.book.let_go(webhook.id, "holder")
    assert await bench.book.take(webhook.id, "another")
    await bench.place.say("un")
    await one.run()
    assert not receiver.taken
    assert await progress_of(bench, webhook) == Progress((await progress_of(bench, webhook)).epoch, 0)


async def test_a_lease_is_taken_once_and_is_there_again_when_it_was_given_back(bench: Bench) -> None:
    webhook = await bench.webhook("https://site.example/")
    assert await bench.book.take(webhook.id, "one")
    assert not await bench.book.take(webhook.id, "two")
    await bench.book.let_go(webhook.id, "two")
    assert not await bench.book.take(webhook.id, "two")
    await bench.book.let_go(webhook.id, "one")
    assert await bench.book.take(webhook.id, "two")


async def test_a_webhook_that_was_removed_is_not_written_back(bench: Bench) -> None:
    webhook = await bench.webhook("https://site.example/")
    assert await bench.book.remove(webhook.id)
    assert await bench.book.take(webhook.id, "late")
    assert not await bench.book.keep(webhook.id, "late", seq=5)
    assert await bench.book.progress(webhook.id) is None


async def test_410_disables_with_a_notice(bench: Bench, receiver: Receiver) -> None:
    webhook = await bench.webhook(receiver.url)
    receiver.statuses.append(410)
    await bench.place.say("un")
    with capture_logs() as lines:
        await (await bench.courier(webhook)).run()
    progress = await progress_of(bench, webhook)
    assert (progress.disabled, progress.seq) == (courier.GONE_WORDS, 0)
    assert ("webhook.disabled", "error") in {(line["event"], line["log_level"]) for line in lines}


async def test_a_day_of_failures_disables_and_enabling_goes_on_where_it_was(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await bench.webhook(receiver.url)
    receiver.statuses.extend([500] * 2)
    await bench.place.say("un")
    monkeypatch.setattr(courier, "FIRST_PAUSE_SECONDS", 30.0)
    async with at_work(bench, webhook):
        await until("it is noted", lambda: _is_failing(bench, webhook))
    assert (await progress_of(bench, webhook)).failing_since == bench.clock.ms
    bench.clock.ms += courier.GIVE_UP_MS
    await bench.book.let_go(webhook.id, "holder")
    await (await bench.courier(webhook)).run()
    assert "a day: the receiver said 500" in ((await progress_of(bench, webhook)).disabled or "")
    await bench.book.enable(webhook.id)
    await bench.book.let_go(webhook.id, "holder")
    async with at_work(bench, webhook):
        await until("it is noted", lambda: _is_at(bench, webhook, 1))
    assert [taken.texts for taken in receiver.accepted] == [["un"]]


async def _is_failing(bench: Bench, webhook: Webhook) -> bool:
    return (await progress_of(bench, webhook)).failing_since is not None


async def test_an_address_inside_is_a_failure_where_it_is_not_allowed(
    bench: Bench, receiver: Receiver
) -> None:
    webhook = await bench.webhook(receiver.url)
    bench.allow_private = False
    await bench.place.say("un")
    async with at_work(bench, webhook):
        await until("it is noted", lambda: _is_failing(bench, webhook))
    assert not receiver.taken
    assert "--allow-private-webhooks" in ((await progress_of(bench, webhook)).failure or "")
