"""The floor: asked for, withdrawn, given, refused, taken."""

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
    MINUTE_MS,
    MODERATOR,
    OWNER,
    SPEAKER,
    Scene,
    code_of,
    refusal_of,
    sanctioned,
    stamped,
)

Action = Literal["ask", "withdraw", "give", "refuse", "take"]


def floor(
    scene: Scene, who: Identity, action: Action, subject: Identity = AMINA, reason: str | None = None
) -> Decision:
    return decide.floor(scene.case(who), action=action, subject=scene.subject(subject), reason=reason)


def asked(scene: Scene) -> Scene:
    scene.apply(floor(scene, AMINA, "ask"))
    return scene


def given(scene: Scene) -> Scene:
    scene.apply(floor(scene, MODERATOR, "give"))
    return scene


def may_speak(scene: Scene) -> bool:
    return code_of(decide.publish(scene.case(AMINA), text="x", id="1")) is None


def announcement() -> Scene:
    return Scene("announcement")


def test_an_ask_names_who_asks_and_why() -> None:
    decision = floor(announcement(), AMINA, "ask", reason="une question")
    assert decision.fields == {
        "kind": "floor",
        "by": AMINA.card(),
        "action": "ask",
        "subject": AMINA.card(),
        "reason": "une question",
    }


@pytest.mark.parametrize("action", ["ask", "withdraw"])
def test_what_one_does_for_oneself_raises_no_revision_and_is_no_public_act(action: Action) -> None:
    scene = announcement() if action == "ask" else asked(announcement())
    decision = floor(scene, AMINA, action)
    assert (code_of(decision), decision.raises, decision.is_public_act) == (None, None, False)


@pytest.mark.parametrize("action", ["give", "refuse", "take"])
def test_what_a_moderator_does_raises_the_rooms_revision_and_is_a_public_act(action: Action) -> None:
    scene = given(announcement()) if action == "take" else asked(announcement())
    decision = floor(scene, MODERATOR, action)
    assert (code_of(decision), decision.raises, decision.is_public_act) == (None, "room", True)


def test_a_turn_is_compared_with_the_body_that_the_store_has() -> None:
    scene = announcement()
    assert floor(scene, AMINA, "ask").floor == (AMINA.id, b"")
    entry = scene.apply(floor(scene, AMINA, "ask"))
    body = stamped(entry["seq"], entry["at"], {k: v for k, v in entry.items() if k not in ("seq", "at")})
    assert floor(scene, MODERATOR, "give").floor == (AMINA.id, body)


@pytest.mark.parametrize("action", ["give", "refuse", "take"])
@pytest.mark.parametrize("who", [AMINA, BILAL, SPEAKER])
def test_giving_refusing_and_taking_takes_a_moderator(action: Action, who: Identity) -> None:
    decision = floor(asked(announcement()), who, action)
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.rule) == (Code.FORBIDDEN, {"role": "moderator"})


def test_who_was_given_the_floor_speaks_until_it_is_taken() -> None:
    scene = announcement()
    assert not may_speak(scene)
    given(scene)
    assert may_speak(scene)
    scene.apply(floor(scene, MODERATOR, "take"))
    assert not may_speak(scene)


def test_who_was_given_the_floor_may_give_it_back() -> None:
    scene = given(announcement())
    scene.apply(floor(scene, AMINA, "withdraw"))
    assert not may_speak(scene)


def test_giving_needs_no_ask() -> None:
    assert code_of(floor(announcement(), MODERATOR, "give")) is None


def test_asking_gives_no_right_to_speak() -> None:
    assert not may_speak(asked(announcement()))


def test_asking_twice_is_no_change() -> None:
    assert code_of(floor(asked(announcement()), AMINA, "ask")) == Code.NO_CHANGE


def test_asking_where_one_may_publish_already_is_no_change() -> None:
    assert code_of(floor(Scene("agora"), AMINA, "ask")) == Code.NO_CHANGE
    assert code_of(floor(announcement(), SPEAKER, "ask", SPEAKER)) == Code.NO_CHANGE
    assert code_of(floor(given(announcement()), AMINA, "ask")) == Code.NO_CHANGE


def test_giving_to_one_who_may_publish_is_no_change() -> None:
    assert code_of(floor(announcement(), MODERATOR, "give", SPEAKER)) == Code.NO_CHANGE
    assert code_of(floor(given(announcement()), MODERATOR, "give")) == Code.NO_CHANGE


@pytest.mark.parametrize(("action", "who"), [("withdraw", AMINA), ("refuse", MODERATOR), ("take", MODERATOR)])
def test_what_nobody_asked_or_was_given_cannot_be_ended(action: Action, who: Identity) -> None:
    assert code_of(floor(announcement(), who, action)) == Code.NO_CHANGE


def test_an_ask_is_refused_and_a_given_floor_is_taken_not_the_other_way_round() -> None:
    assert code_of(floor(asked(announcement()), MODERATOR, "take")) == Code.NO_CHANGE
    assert code_of(floor(given(announcement()), MODERATOR, "refuse")) == Code.NO_CHANGE


@pytest.mark.parametrize(("action", "who"), [("withdraw", AMINA), ("refuse", MODERATOR), ("take", MODERATOR)])
def test_one_may_ask_again_a_minute_after_the_end(action: Action, who: Identity) -> None:
    scene = given(announcement()) if action == "take" else asked(announcement())
    scene.apply(floor(scene, who, action))
    ended_at = scene.now_ms
    scene.passes(MINUTE_MS - 1)
    early = floor(scene, AMINA, "ask")
    assert refusal_of(early).code == Code.RATE_LIMITED and refusal_of(early).is_temporary
    assert (refusal_of(early).retry_ms, early.to_ms) == (1, ended_at + MINUTE_MS)
    scene.passes(1)
    assert code_of(floor(scene, AMINA, "ask")) is None


def test_a_moderator_may_give_the_floor_right_after_refusing_it() -> None:
    scene = asked(announcement())
    scene.apply(floor(scene, MODERATOR, "refuse"))
    assert code_of(floor(scene, MODERATOR, "give")) is None


@pytest.mark.parametrize("scope", ["room", "hub"])
def test_the_muted_do_not_ask(scope: Literal["room", "hub"]) -> None:
    scene = announcement()
    sanctioned(scene, "mute", scope=scope)
    assert code_of(floor(scene, AMINA, "ask")) == Code.MUTED


def test_one_who_is_muted_in_the_hub_may_withdraw_an_ask_and_a_banned_one_not() -> None:
    scene = asked(announcement())
    sanctioned(scene, "mute", scope="hub")
    assert code_of(floor(scene, AMINA, "withdraw")) is None
    sanctioned(scene, "ban", scope="hub")
    assert code_of(floor(scene, AMINA, "withdraw")) == Code.BANNED


def test_a_muted_moderator_still_gives_the_floor_and_a_banned_one_not() -> None:
    scene = announcement()
    sanctioned(scene, "mute", MODERATOR)
    assert code_of(floor(scene, MODERATOR, "give")) is None
    sanctioned(scene, "ban", MODERATOR)
    assert code_of(floor(scene, MODERATOR, "give")) == Code.BANNED


def test_a_switch_ends_asks_so_that_one_may_ask_anew_after_it() -> None:
    scene = asked(announcement())
    for mode in ("agora", "announcement"):
        scene.apply(
            decide.switch_mode(
                scene.case(OWNER),
                mode=mode,
                reason="r",
                until=None,
            )
        )
    assert code_of(floor(scene, AMINA, "ask")) is None


def test_that_a_speaker_by_token_needs_no_floor_holds_until_the_token_expires() -> None:
    scene = announcement()
    scene.token_by_id[AMINA.id] = TokenRole(Role.SPEAKER, scene.now_ms + 10)
    refused = floor(scene, MODERATOR, "give")
    assert (code_of(refused), refused.to_ms) == (Code.NO_CHANGE, scene.now_ms + 10)
    scene.passes(10)
    assert code_of(floor(scene, MODERATOR, "give")) is None


def test_giving_back_the_floor_is_a_change_that_later_decisions_must_know() -> None:
    scene = given(announcement())
    assert floor(scene, AMINA, "withdraw").raises == "room"


@pytest.mark.parametrize("action", ["ask", "withdraw"])
def test_a_wish_to_speak_alone_makes_nobody_decide_anew(action: Action) -> None:
    scene = announcement() if action == "ask" else asked(announcement())
    assert floor(scene, AMINA, action).raises is None


@pytest.mark.parametrize("action", ["ask", "withdraw"])
@pytest.mark.parametrize("who", [AMINA, MODERATOR, OWNER])
def test_nobody_asks_or_withdraws_for_somebody_else(who: Identity, action: Action) -> None:
    decision = floor(asked(announcement()), who, action, subject=BILAL)
    assert refusal_of(decision).code is Code.FORBIDDEN
