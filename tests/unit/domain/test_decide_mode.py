"""Switching the mode, timed and for good, and changing settings."""

from typing import Literal

import pytest

from hubbub.domain import decide
from hubbub.domain.identity import SYSTEM, Identity
from hubbub.domain.refusals import Code
from hubbub.domain.state import ModeWord
from tests.unit.domain.scene import (
    AMINA,
    MODERATOR,
    NEWS,
    OWNER,
    SPEAKER,
    Scene,
    code_of,
    refusal_of,
    sanctioned,
)


@pytest.mark.parametrize(("who", "code"), [(AMINA, Code.FORBIDDEN), (SPEAKER, Code.FORBIDDEN), (OWNER, None)])
def test_switching_the_mode_takes_a_moderator(who: Identity, code: Code | None) -> None:
    decision = decide.switch_mode(Scene().case(who), mode="announcement", reason="r", until=None)
    assert code_of(decision) == code
    if decision.refusal is not None:
        assert decision.refusal.rule == {"role": "moderator"}


def test_a_switch_says_from_what_to_what_and_why() -> None:
    scene = Scene()
    until = scene.now_ms + 1
    decision = decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="Talk", until=until)
    assert decision.fields == {
        "kind": "mode",
        "by": MODERATOR.card(),
        "mode": "announcement",
        "previous": "agora",
        "reason": "Talk",
        "until": until,
    }


def test_a_switch_raises_the_rooms_revision_and_is_a_public_act() -> None:
    decision = decide.switch_mode(Scene().case(MODERATOR), mode="announcement", reason="r", until=None)
    assert (decision.raises, decision.is_public_act) == ("room", True)


@pytest.mark.parametrize(("mode", "drops"), [("announcement", True), ("agora", False)])
def test_a_switch_to_another_mode_ends_all_floors_in_the_store(mode: ModeWord, drops: bool) -> None:
    scene = Scene("agora")
    decision = decide.switch_mode(scene.case(MODERATOR), mode=mode, reason="r", until=scene.now_ms + 5)
    assert decision.drops_floor is drops


def test_the_same_mode_without_until_is_no_change() -> None:
    decision = decide.switch_mode(Scene().case(MODERATOR), mode="agora", reason="r", until=None)
    assert refusal_of(decision).code == Code.NO_CHANGE


def test_the_same_mode_with_the_same_until_is_no_change() -> None:
    scene = Scene()
    until = scene.now_ms + 5
    scene.apply(decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=until))
    again = decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="other", until=until)
    assert code_of(again) == Code.NO_CHANGE


@pytest.mark.parametrize("later_ms", [None, 9])
def test_the_same_mode_with_another_or_no_until_is_a_switch_like_any_other(later_ms: int | None) -> None:
    scene = Scene()
    scene.apply(
        decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=scene.now_ms + 5)
    )
    until = scene.now_ms + later_ms if later_ms else None
    decision = decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=until)
    assert code_of(decision) is None
    assert decision.fields["previous"] == "announcement"


@pytest.mark.parametrize("ago_ms", [0, 1])
def test_an_until_in_the_past_is_a_bad_request(ago_ms: int) -> None:
    scene = Scene()
    until = scene.now_ms - ago_ms
    decision = decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=until)
    assert refusal_of(decision).code == Code.BAD_REQUEST
    assert refusal_of(decision).reason.startswith("until")


def test_an_until_in_the_past_is_told_before_the_role() -> None:
    scene = Scene()
    decision = decide.switch_mode(scene.case(AMINA), mode="announcement", reason="r", until=scene.now_ms)
    assert code_of(decision) == Code.BAD_REQUEST


def test_the_role_is_told_before_no_change() -> None:
    decision = decide.switch_mode(Scene().case(AMINA), mode="agora", reason="r", until=None)
    assert code_of(decision) == Code.FORBIDDEN


@pytest.mark.parametrize(("action", "code"), [("ban", Code.BANNED), ("mute", None)])
def test_a_ban_keeps_a_moderator_from_moderating_and_a_mute_does_not(
    action: Literal["mute", "ban"], code: Code | None
) -> None:
    scene = Scene()
    sanctioned(scene, action, MODERATOR)
    case = scene.case(MODERATOR)
    assert code_of(decide.switch_mode(case, mode="announcement", reason="r", until=None)) == code
    assert code_of(decide.change_settings(case, changes={"title": "x"})) == code


def test_a_timed_switch_holds_until_its_own_time_has_come() -> None:
    scene = Scene()
    decision = decide.switch_mode(
        scene.case(MODERATOR), mode="announcement", reason="r", until=scene.now_ms + 5
    )
    assert decision.to_ms == scene.now_ms + 5


def test_the_return_to_the_base_mode_never_comes_before_its_time() -> None:
    scene = Scene()
    until = scene.now_ms + 5
    scene.apply(decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=until))
    scene.passes(5)
    decision = decide.return_to_base(scene.case(SYSTEM))
    assert (decision.from_ms, decision.to_ms, decision.raises) == (until, None, "room")
    assert decision.is_public_act and decision.drops_floor


def test_the_return_to_a_base_mode_that_is_the_same_leaves_the_floor() -> None:
    scene = Scene("announcement")
    scene.apply(
        decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=scene.now_ms + 5)
    )
    scene.passes(5)
    assert not decide.return_to_base(scene.case(SYSTEM)).drops_floor


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "code"), [(SPEAKER, Code.FORBIDDEN), (MODERATOR, None)])
def test_changing_settings_takes_a_moderator(who: Identity, code: Code | None) -> None:
    assert code_of(decide.change_settings(Scene().case(who), changes={"title": "x"})) == code


def test_only_what_changed_stands_in_the_entry() -> None:
    scene = Scene(settings={"title": "Agora"})
    changes = {"title": "Agora", "topic": "tout", "slow_ms": 0}
    decision = decide.change_settings(scene.case(MODERATOR), changes=changes)
    assert decision.fields == {"kind": "settings", "by": MODERATOR.card(), "topic": "tout"}
    assert decision.sets == (("meta", "topic"),)


@pytest.mark.parametrize(
    "changes", [{}, {"title": "Agora"}, {"topic": ""}, {"slow_ms": 0}, {"discussion": ""}]
)
def test_settings_that_are_so_already_are_no_change(changes: dict[str, object]) -> None:
    scene = Scene(settings={"title": "Agora"})
    assert code_of(decide.change_settings(scene.case(MODERATOR), changes=changes)) == Code.NO_CHANGE


def test_unsetting_what_is_set_is_a_change() -> None:
    scene = Scene(settings={"title": "Agora"})
    assert decide.change_settings(scene.case(MODERATOR), changes={"title": ""}).fields["title"] == ""


def test_the_discussion_room_must_be_one_of_the_hub() -> None:
    case = Scene().case(MODERATOR)
    assert code_of(decide.change_settings(case, changes={"discussion": NEWS})) is None
    assert code_of(decide.change_settings(case, changes={"discussion": "place/none"})) == Code.UNKNOWN_ROOM
    assert code_of(decide.change_settings(case, changes={"discussion": "other/news"})) == Code.UNKNOWN_ROOM


def test_settings_raise_the_rooms_revision_and_are_a_public_act() -> None:
    decision = decide.change_settings(Scene().case(MODERATOR), changes={"slow_ms": 5})
    assert (decision.raises, decision.is_public_act) == ("room", True)
