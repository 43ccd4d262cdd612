"""Granting roles: who may make whom what."""

import pytest

from hubbub.domain import decide
from hubbub.domain.decision import Decision
from hubbub.domain.identity import Identity, Role
from hubbub.domain.refusals import Code
from hubbub.domain.rights import TokenRole
from tests.unit.domain.scene import (
    AMINA,
    BILAL,
    MODERATOR,
    MODERATOR_2,
    OWNER,
    SPEAKER,
    Scene,
    code_of,
    refusal_of,
    sanctioned,
)


def grant(scene: Scene, who: Identity, subject: Identity, role: Role) -> Decision:
    return decide.grant(scene.case(who), subject=scene.subject(subject), role=role, reason="merci")


def test_a_grant_says_who_made_whom_what_and_why() -> None:
    decision = grant(Scene(), OWNER, AMINA, Role.SPEAKER)
    assert decision.fields == {
        "kind": "role",
        "by": OWNER.card(),
        "subject": AMINA.card(),
        "role": "speaker",
        "reason": "merci",
    }
    assert decision.sets == (("roles", AMINA.id),)


def test_a_grant_raises_the_hubs_revision_and_is_a_public_act() -> None:
    decision = grant(Scene(), OWNER, AMINA, Role.SPEAKER)
    assert (decision.raises, decision.is_public_act) == ("hub", True)


def test_somebody_never_seen_can_be_granted_a_role() -> None:
    decision = grant(Scene(), OWNER, Identity.unseen("u:new"), Role.SPEAKER)
    assert decision.fields["subject"] == {"id": "u:new", "kind": "person"}


@pytest.mark.parametrize(
    ("who", "subject", "role", "may"),
    [
        (AMINA, BILAL, Role.SPEAKER, False),
        (SPEAKER, AMINA, Role.SPEAKER, False),
        (MODERATOR, AMINA, Role.SPEAKER, True),
        (MODERATOR, SPEAKER, Role.PARTICIPANT, True),
        (MODERATOR, AMINA, Role.MODERATOR, False),
        (MODERATOR, MODERATOR_2, Role.SPEAKER, False),
        (MODERATOR, MODERATOR, Role.PARTICIPANT, False),
        (MODERATOR, OWNER, Role.PARTICIPANT, False),
        (OWNER, AMINA, Role.MODERATOR, True),
        (OWNER, MODERATOR, Role.PARTICIPANT, True),
        (OWNER, AMINA, Role.OWNER, True),
    ],
)
def test_granting_takes_a_rank_above_the_subjects_and_the_new_one(
    who: Identity, subject: Identity, role: Role, may: bool
) -> None:
    assert code_of(grant(Scene(), who, subject, role)) == (None if may else Code.FORBIDDEN)


def test_the_refusal_names_the_role_it_takes() -> None:
    assert refusal_of(grant(Scene(), AMINA, BILAL, Role.SPEAKER)).rule == {"role": "moderator"}
    assert refusal_of(grant(Scene(), MODERATOR, AMINA, Role.MODERATOR)).rule == {"role": "owner"}


def test_an_owner_unmakes_another_owner_and_themselves_while_one_stays() -> None:
    scene = Scene(granted={OWNER.id: Role.OWNER, BILAL.id: Role.OWNER})
    assert code_of(grant(scene, OWNER, BILAL, Role.PARTICIPANT)) is None
    assert code_of(grant(scene, OWNER, OWNER, Role.MODERATOR)) is None


def test_the_last_granted_owner_stays() -> None:
    refusal = refusal_of(grant(Scene(), OWNER, OWNER, Role.PARTICIPANT))
    assert refusal.code == Code.FORBIDDEN


def test_an_owner_by_token_does_not_unmake_the_last_granted_owner() -> None:
    scene = Scene()
    scene.token_by_id[BILAL.id] = TokenRole(Role.OWNER, scene.now_ms + 10)
    assert code_of(grant(scene, BILAL, OWNER, Role.PARTICIPANT)) == Code.FORBIDDEN


@pytest.mark.parametrize(("subject", "role"), [(SPEAKER, Role.SPEAKER), (AMINA, Role.PARTICIPANT)])
def test_a_role_that_somebody_has_already_is_no_change(subject: Identity, role: Role) -> None:
    assert code_of(grant(Scene(), OWNER, subject, role)) == Code.NO_CHANGE


def test_the_last_owner_made_an_owner_again_is_no_change() -> None:
    assert code_of(grant(Scene(), OWNER, OWNER, Role.OWNER)) == Code.NO_CHANGE


def test_the_rank_is_told_before_no_change() -> None:
    assert code_of(grant(Scene(), AMINA, SPEAKER, Role.SPEAKER)) == Code.FORBIDDEN


def test_a_role_by_token_can_be_granted_for_good() -> None:
    scene = Scene()
    scene.token_by_id[AMINA.id] = TokenRole(Role.SPEAKER, scene.now_ms + 10)
    assert code_of(grant(scene, OWNER, AMINA, Role.SPEAKER)) is None


def test_a_grant_lowers_somebody_below_the_role_of_their_token() -> None:
    scene = Scene()
    scene.token_by_id[AMINA.id] = TokenRole(Role.MODERATOR, scene.now_ms + 10)
    scene.apply(grant(scene, OWNER, AMINA, Role.PARTICIPANT))
    assert scene.case(AMINA).who.role is Role.PARTICIPANT


def test_the_subjects_role_by_token_counts_until_it_expires() -> None:
    scene = Scene()
    scene.token_by_id[AMINA.id] = TokenRole(Role.MODERATOR, scene.now_ms + 10)
    refused = grant(scene, MODERATOR, AMINA, Role.SPEAKER)
    assert (code_of(refused), refused.to_ms) == (Code.FORBIDDEN, scene.now_ms + 10)
    scene.passes(10)
    assert code_of(grant(scene, MODERATOR, AMINA, Role.SPEAKER)) is None


def test_a_grant_holds_no_longer_than_the_actors_token() -> None:
    scene = Scene()
    scene.token_by_id[BILAL.id] = TokenRole(Role.OWNER, scene.now_ms + 10)
    assert grant(scene, BILAL, AMINA, Role.SPEAKER).to_ms == scene.now_ms + 10


def test_a_banned_moderator_grants_nothing_and_a_muted_one_does() -> None:
    scene = Scene()
    sanctioned(scene, "mute", MODERATOR)
    assert code_of(grant(scene, MODERATOR, AMINA, Role.SPEAKER)) is None
    sanctioned(scene, "ban", MODERATOR)
    assert code_of(grant(scene, MODERATOR, AMINA, Role.SPEAKER)) == Code.BANNED
