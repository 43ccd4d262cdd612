"""Who somebody is, and which rank outranks which."""

import pytest

from hubbub.domain.identity import SYSTEM, Identity, Role


def test_roles_rank_from_participant_to_owner() -> None:
    assert Role.PARTICIPANT < Role.SPEAKER < Role.MODERATOR < Role.OWNER


@pytest.mark.parametrize("role", Role)
def test_a_role_is_found_again_by_its_word(role: Role) -> None:
    assert Role.of(role.word) is role


@pytest.mark.parametrize("word", ["", "admin", "owners"])
def test_any_other_word_is_no_role(word: str) -> None:
    with pytest.raises(ValueError, match="is no role"):
        Role.of(word)


def test_a_card_shows_id_name_and_kind() -> None:
    assert Identity("u:42", "Amina", "bot").card() == {"id": "u:42", "name": "Amina", "kind": "bot"}


def test_an_id_that_was_never_here_has_no_name() -> None:
    assert Identity.unseen("u:42").card() == {"id": "u:42", "kind": "person"}


def test_the_id_of_a_guest_tells_its_kind() -> None:
    assert Identity.unseen("guest:5r").kind == "guest"


def test_what_nobody_did_is_by_system() -> None:
    assert SYSTEM.card() == {"id": "system", "kind": "system"}
