"""Hooks are found by a token that is kept nowhere."""

import pytest

from hubbub.domain.identity import Role
from hubbub.domain.refusals import Code, Refused
from hubbub.hooks import incoming
from hubbub.hooks.incoming import HookBook
from tests.unit.hooks.fake_store import FakeStore


async def test_a_hook_is_found_by_its_token() -> None:
    book = HookBook(FakeStore())
    hook, token = await book.create("place/agora", "CI", "participant")
    assert await book.find(token) == hook


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 44, "../" * 14 + "A"])
async def test_another_token_finds_nothing(token: str) -> None:
    book = HookBook(FakeStore())
    await book.create("place/agora", "CI", "participant")
    assert await book.find(token) is None


async def test_the_store_holds_no_token() -> None:
    store = FakeStore()
    _, token = await HookBook(store).create("place/agora", "CI", "participant")
    assert token.encode() not in repr(store.hashes).encode()


async def test_a_hook_that_was_removed_is_found_no_longer() -> None:
    book = HookBook(FakeStore())
    hook, token = await book.create("place/agora", "CI", "participant")
    assert await book.remove(hook.id)
    assert await book.find(token) is None
    assert not await book.remove(hook.id)


async def test_a_hook_is_removed_only_from_its_own_room() -> None:
    book = HookBook(FakeStore())
    hook, _ = await book.create("place/agora", "CI", "participant")
    assert not await book.remove(hook.id, "place/other")
    assert await book.all() == [hook]


async def test_a_hook_speaks_as_a_bot_with_the_role_it_was_given() -> None:
    hook, _ = await HookBook(FakeStore()).create("place/agora", "CI", "speaker")
    credentials = hook.credentials(1_000)
    assert credentials.identity.card() == {"id": f"bot:hook-{hook.id}", "name": "CI", "kind": "bot"}
    assert credentials.role_by_hub == {"place": Role.SPEAKER}


async def test_there_are_only_so_many_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "HOOKS", 1)
    book = HookBook(FakeStore())
    await book.create("place/agora", "CI", "participant")
    with pytest.raises(Refused) as refused:
        await book.create("place/agora", "CI", "participant")
    assert refused.value.refusal.code is Code.TOO_LARGE
