"""Taking a message out: by its author at any time, or by a moderator who says why."""

from typing import Literal

import pytest

from hubbub.domain import decide, entries
from hubbub.domain.decision import Decision, Target
from hubbub.domain.identity import Identity, Role
from hubbub.domain.refusals import Code
from hubbub.domain.rights import TokenRole
from tests.unit.domain.scene import (
    AGORA,
    AMINA,
    BILAL,
    MODERATOR,
    MODERATOR_2,
    OWNER,
    SPEAKER,
    Scene,
    code_of,
    sanctioned,
    stamped,
)


def removal(scene: Scene, who: Identity, author: Identity, reason: str | None = "hors sujet") -> Decision:
    target = scene.message(author)
    return decide.remove(
        scene.case(who), target=target, author=scene.subject(author), seq=target.seq, reason=reason
    )


def test_an_author_takes_back_their_message_without_saying_why() -> None:
    scene = Scene()
    decision = removal(scene, AMINA, AMINA, None)
    assert decision.fields == {"kind": "removal", "by": AMINA.card(), "target": scene.seq}
    assert decision.live == ((AGORA, scene.seq),)


def test_taking_back_ones_own_message_is_no_public_act() -> None:
    assert not removal(Scene(), AMINA, AMINA).is_public_act


@pytest.mark.parametrize("action", ["mute", "ban"])
def test_the_sanctioned_can_still_take_back_their_own_message(action: Literal["mute", "ban"]) -> None:
    scene = Scene()
    sanctioned(scene, action)
    assert code_of(removal(scene, AMINA, AMINA)) is None


def test_an_author_takes_back_a_message_where_they_may_not_publish() -> None:
    assert code_of(removal(Scene("announcement"), AMINA, AMINA)) is None


def test_an_author_takes_back_a_message_long_after_the_edit_window() -> None:
    scene = Scene(edit_ms=1)
    target = scene.message(AMINA)
    scene.passes(10**9)
    author = scene.subject(AMINA)
    assert (
        code_of(decide.remove(scene.case(AMINA), target=target, author=author, seq=target.seq, reason=None))
        is None
    )


def test_a_moderators_removal_is_a_public_act_with_its_reason() -> None:
    decision = removal(Scene(), MODERATOR, AMINA)
    assert decision.is_public_act
    assert decision.fields["reason"] == "hors sujet"


def test_a_moderator_must_say_why() -> None:
    assert code_of(removal(Scene(), MODERATOR, AMINA, None)) == Code.BAD_REQUEST


@pytest.mark.parametrize(
    ("who", "author", "needed"),
    [
        (BILAL, AMINA, "moderator"),
        (SPEAKER, AMINA, "moderator"),
        (BILAL, SPEAKER, "moderator"),
        (MODERATOR, OWNER, "owner"),
    ],
)
def test_removal_takes_a_moderator_of_the_authors_rank_or_above(
    who: Identity, author: Identity, needed: str
) -> None:
    decision = removal(Scene(), who, author)
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.rule) == (Code.FORBIDDEN, {"role": needed})


@pytest.mark.parametrize(
    ("who", "author"), [(MODERATOR, SPEAKER), (MODERATOR, MODERATOR_2), (OWNER, MODERATOR)]
)
def test_a_moderator_removes_what_equals_and_those_below_wrote(who: Identity, author: Identity) -> None:
    assert code_of(removal(Scene(), who, author)) is None


def test_the_rank_of_an_author_by_token_counts_until_it_expires() -> None:
    scene = Scene()
    scene.token_by_id[AMINA.id] = TokenRole(Role.OWNER, scene.now_ms + 10)
    refused = removal(scene, MODERATOR, AMINA)
    assert (code_of(refused), refused.to_ms) == (Code.FORBIDDEN, scene.now_ms + 10)
    scene.passes(10)
    assert code_of(removal(scene, MODERATOR, AMINA)) is None


def test_a_muted_moderator_still_removes() -> None:
    scene = Scene()
    sanctioned(scene, "mute", MODERATOR)
    assert code_of(removal(scene, MODERATOR, AMINA)) is None


def test_a_banned_moderator_removes_nothing_of_others() -> None:
    scene = Scene()
    sanctioned(scene, "ban", MODERATOR)
    assert code_of(removal(scene, MODERATOR, AMINA)) == Code.BANNED


def test_removing_what_is_not_there_names_nothing() -> None:
    decision = decide.remove(Scene().case(MODERATOR), target=None, author=None, seq=9, reason="x")
    assert code_of(decision) == Code.UNKNOWN_ENTRY


def test_a_mute_has_nothing_to_say_about_removing_what_is_not_there() -> None:
    scene = Scene()
    sanctioned(scene, "mute")
    decision = decide.remove(scene.case(AMINA), target=None, author=None, seq=9, reason=None)
    assert code_of(decision) == Code.UNKNOWN_ENTRY


def test_a_ban_is_told_before_a_target_that_is_not_there() -> None:
    scene = Scene()
    sanctioned(scene, "ban")
    decision = decide.remove(scene.case(AMINA), target=None, author=None, seq=9, reason=None)
    assert code_of(decision) == Code.BANNED


def test_a_removal_erases_the_message_and_the_texts_of_its_edits() -> None:
    scene = Scene()
    message = scene.message(AMINA, "secret").message
    edit = entries.decode(
        stamped(7, 5, {"kind": "edit", "by": AMINA.card(), "target": 1, "text": "secret 2"})
    )
    target = Target(message, b"7", (edit,))
    decision = decide.remove(
        scene.case(AMINA), target=target, author=scene.subject(AMINA), seq=1, reason=None
    )
    assert decision.erase == ((1, entries.removed(message)), (7, entries.edit_without_text(edit)))
    assert decision.edits == (1, b"7")
    assert not any(b"secret" in instead for _, instead in decision.erase)
