"""Mutes and bans: who may sanction whom, where and until when."""

from typing import Literal

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

Action = Literal["mute", "unmute", "ban", "unban"]
Scope = Literal["room", "hub"]
ENDS: list[tuple[Literal["mute", "ban"], Action]] = [("mute", "unmute"), ("ban", "unban")]


def sanction(
    scene: Scene,
    who: Identity,
    subject: Identity,
    action: Action = "mute",
    *,
    scope: Scope = "room",
    until: int | None = None,
) -> Decision:
    return decide.sanction(
        scene.case(who),
        action=action,
        subject=scene.subject(subject),
        scope=scope,
        reason="spam",
        until=until,
    )


def test_a_sanction_says_who_did_what_to_whom_where_and_why() -> None:
    scene = Scene()
    until = scene.now_ms + 5
    decision = sanction(scene, MODERATOR, AMINA, "ban", scope="hub", until=until)
    assert decision.fields == {
        "kind": "sanction",
        "by": MODERATOR.card(),
        "action": "ban",
        "scope": "hub",
        "subject": AMINA.card(),
        "reason": "spam",
        "until": until,
    }


def test_a_sanction_without_until_has_none() -> None:
    assert "until" not in sanction(Scene(), MODERATOR, AMINA).fields


@pytest.mark.parametrize("scope", ["room", "hub"])
def test_a_sanction_raises_the_revision_of_its_scope_and_is_a_public_act(scope: Scope) -> None:
    decision = sanction(Scene(), MODERATOR, AMINA, scope=scope)
    assert (decision.raises, decision.is_public_act) == (scope, True)


@pytest.mark.parametrize(
    ("who", "subject", "needed"),
    [
        (AMINA, BILAL, "moderator"),
        (SPEAKER, AMINA, "moderator"),
        (MODERATOR, MODERATOR_2, "owner"),
        (MODERATOR, MODERATOR, "owner"),
        (MODERATOR, OWNER, "owner"),
        (OWNER, OWNER, "owner"),
    ],
)
def test_a_sanction_takes_a_moderator_of_higher_rank(who: Identity, subject: Identity, needed: str) -> None:
    refusal = refusal_of(sanction(Scene(), who, subject))
    assert (refusal.code, refusal.rule) == (Code.FORBIDDEN, {"role": needed})


@pytest.mark.parametrize(("who", "subject"), [(MODERATOR, AMINA), (MODERATOR, SPEAKER), (OWNER, MODERATOR)])
def test_those_of_lower_rank_can_be_sanctioned(who: Identity, subject: Identity) -> None:
    assert code_of(sanction(Scene(), who, subject)) is None


@pytest.mark.parametrize(("action", "end"), ENDS)
def test_lifting_a_sanction_takes_the_same_rank(action: Literal["mute", "ban"], end: Action) -> None:
    scene = Scene()
    sanctioned(scene, action, MODERATOR_2)
    assert code_of(sanction(scene, MODERATOR, MODERATOR_2, end)) == Code.FORBIDDEN
    assert code_of(sanction(scene, OWNER, MODERATOR_2, end)) is None


@pytest.mark.parametrize(("action", "end"), ENDS)
def test_only_a_sanction_of_the_same_scope_is_lifted(action: Literal["mute", "ban"], end: Action) -> None:
    scene = Scene()
    sanctioned(scene, action, scope="hub")
    assert code_of(sanction(scene, MODERATOR, AMINA, end, scope="room")) == Code.NO_CHANGE
    scene.apply(sanction(scene, MODERATOR, AMINA, end, scope="hub"))
    assert code_of(decide.react(scene.case(AMINA), seq=1, emoji="👍", on=True)) is None


def test_lifting_a_mute_leaves_a_ban() -> None:
    scene = Scene()
    sanctioned(scene, "mute")
    sanctioned(scene, "ban")
    scene.apply(sanction(scene, MODERATOR, AMINA, "unmute"))
    assert code_of(decide.react(scene.case(AMINA), seq=1, emoji="👍", on=True)) == Code.BANNED


@pytest.mark.parametrize(("action", "end"), ENDS)
def test_lifting_what_is_not_in_force_is_no_change(action: Literal["mute", "ban"], end: Action) -> None:
    scene = Scene()
    assert code_of(sanction(scene, MODERATOR, AMINA, end)) == Code.NO_CHANGE
    sanctioned(scene, action, for_ms=5)
    scene.passes(5)
    assert code_of(sanction(scene, MODERATOR, AMINA, end)) == Code.NO_CHANGE


def test_the_same_sanction_again_is_no_change_while_it_is_in_force() -> None:
    scene = Scene()
    until = scene.now_ms + 5
    scene.apply(sanction(scene, MODERATOR, AMINA, until=until))
    again = sanction(scene, MODERATOR, AMINA, until=until)
    assert (code_of(again), again.to_ms) == (Code.NO_CHANGE, until)


def test_the_same_sanction_with_another_until_replaces_it() -> None:
    scene = Scene()
    scene.apply(sanction(scene, MODERATOR, AMINA, until=scene.now_ms + 5))
    scene.apply(sanction(scene, MODERATOR, AMINA, until=None))
    scene.passes(5)
    assert code_of(decide.publish(scene.case(AMINA), text="x", id="1")) == Code.MUTED


def test_a_sanction_that_lapsed_can_be_made_anew() -> None:
    scene = Scene()
    scene.apply(sanction(scene, MODERATOR, AMINA, until=scene.now_ms + 5))
    scene.passes(5)
    assert code_of(sanction(scene, MODERATOR, AMINA, until=scene.now_ms + 5)) is None


def test_a_sanction_that_ends_in_the_past_is_a_bad_request() -> None:
    scene = Scene()
    assert code_of(sanction(scene, MODERATOR, AMINA, until=scene.now_ms)) == Code.BAD_REQUEST


def test_a_banned_moderator_sanctions_nobody_and_a_muted_one_does() -> None:
    scene = Scene()
    sanctioned(scene, "mute", MODERATOR)
    assert code_of(sanction(scene, MODERATOR, AMINA)) is None
    sanctioned(scene, "ban", MODERATOR)
    assert code_of(sanction(scene, MODERATOR, AMINA)) == Code.BANNED


def test_the_rank_is_told_before_no_change() -> None:
    assert code_of(sanction(Scene(), AMINA, BILAL, "unmute")) == Code.FORBIDDEN


def test_a_sanction_holds_until_its_own_end() -> None:
    scene = Scene()
    assert sanction(scene, MODERATOR, AMINA, until=scene.now_ms + 5).to_ms == scene.now_ms + 5


def test_the_subjects_rank_by_token_counts_until_it_expires() -> None:
    scene = Scene()
    scene.token_by_id[AMINA.id] = TokenRole(Role.MODERATOR, scene.now_ms + 10)
    refused = sanction(scene, MODERATOR, AMINA)
    assert (code_of(refused), refused.to_ms) == (Code.FORBIDDEN, scene.now_ms + 10)
    scene.passes(10)
    assert code_of(sanction(scene, MODERATOR, AMINA)) is None


@pytest.mark.parametrize("action", ["mute", "ban"])
def test_a_sanction_of_the_room_drops_the_floor_in_the_store_and_one_of_the_hub_does_not(
    action: Action,
) -> None:
    floor = ("floor", AMINA.id)
    assert floor in sanction(Scene(), MODERATOR, AMINA, action, scope="room").drops
    assert floor not in sanction(Scene(), MODERATOR, AMINA, action, scope="hub").drops
