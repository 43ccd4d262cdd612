"""Publishing, editing and reacting: what becomes an entry, what is refused, what the log must compare."""

from typing import Literal

import pytest

from hubbub.domain import decide
from hubbub.domain.decision import Target
from hubbub.domain.identity import Identity
from hubbub.domain.refusals import Code
from hubbub.domain.state import ModeWord, RoomState
from tests.unit.domain.scene import (
    AGORA,
    AMINA,
    BILAL,
    MODERATOR,
    NEWS,
    OWNER,
    SPEAKER,
    Scene,
    code_of,
    refusal_of,
    sanctioned,
)


def announcements(discussion: str | None = AGORA) -> RoomState:
    settings = {"discussion": discussion} if discussion else {}
    return Scene("announcement", address=NEWS, settings=settings).room


def muted(scene: Scene, for_ms: int | None = None) -> Scene:
    sanctioned(scene, "mute", for_ms=for_ms)
    return scene


# -- publish --------------------------------------------------------------------------------------


def test_a_message_says_who_wrote_what() -> None:
    decision = decide.publish(Scene().case(AMINA), text="Bonjour", id="01J")
    assert decision.fields == {"kind": "message", "id": "01J", "by": AMINA.card(), "text": "Bonjour"}


def test_a_message_changes_no_state_and_is_no_public_act() -> None:
    decision = decide.publish(Scene().case(AMINA), text="Bonjour", id="01J")
    assert (decision.raises, decision.sets, decision.is_public_act) == (None, (), False)


def test_a_question_and_data_are_kept() -> None:
    fields = decide.publish(Scene().case(AMINA), text="?", id="1", is_question=True, data={"a": []}).fields
    assert (fields["question"], fields["data"]) == (True, {"a": []})


def test_data_that_is_false_or_empty_is_kept_too() -> None:
    assert decide.publish(Scene().case(AMINA), text="?", id="1", data=0).fields["data"] == 0


def test_a_reply_needs_the_message_to_be_there() -> None:
    decision = decide.publish(Scene().case(AMINA), text="Oui", id="1", reply_to=4)
    assert decision.fields["reply_to"] == 4
    assert decision.live == ((AGORA, 4),)


def test_participant_is_refused_in_an_announcement_room() -> None:
    decision = decide.publish(Scene("announcement").case(AMINA), text="Bonjour", id="1")
    assert refusal_of(decision).code == Code.ANNOUNCEMENT_ONLY


def test_speaker_publishes_in_an_announcement_room() -> None:
    assert code_of(decide.publish(Scene("announcement").case(SPEAKER), text="Bonjour", id="1")) is None


def test_the_muted_do_not_publish() -> None:
    assert code_of(decide.publish(muted(Scene()).case(AMINA), text="Bonjour", id="1")) == Code.MUTED


def test_a_discussion_room_that_would_take_it_is_offered_instead() -> None:
    scene = Scene("announcement", address=NEWS, discussion=Scene("agora").room)
    assert refusal_of(decide.publish(scene.case(AMINA), text="x", id="1")).instead == ("floor", "about")


def test_a_discussion_room_in_announcement_mode_is_not_offered() -> None:
    scene = Scene("announcement", address=NEWS, discussion=Scene("announcement").room)
    assert refusal_of(decide.publish(scene.case(AMINA), text="x", id="1")).instead == ("floor",)


def test_a_discussion_room_where_one_is_muted_is_not_offered() -> None:
    scene = Scene("announcement", address=NEWS, discussion=muted(Scene("agora")).room)
    assert refusal_of(decide.publish(scene.case(AMINA), text="x", id="1")).instead == ("floor",)


# -- about ----------------------------------------------------------------------------------------


def test_a_reply_to_an_announcement_stands_on_both_rooms() -> None:
    decision = decide.publish(
        Scene().case(AMINA), text="Oui", id="1", about=(NEWS, 12), about_room=announcements()
    )
    assert decision.fields["about"] == {"room": NEWS, "seq": 12}
    assert (decision.live, decision.reads) == (((NEWS, 12),), (NEWS,))


def test_a_reply_may_name_a_message_and_an_announcement() -> None:
    decision = decide.publish(
        Scene().case(AMINA), text="Oui", id="1", reply_to=4, about=(NEWS, 12), about_room=announcements()
    )
    assert decision.live == ((AGORA, 4), (NEWS, 12))


@pytest.mark.parametrize("discussion", [None, "place/elsewhere"])
def test_about_a_room_whose_discussion_is_not_this_one_names_nothing(discussion: str | None) -> None:
    decision = decide.publish(
        Scene().case(AMINA), text="Oui", id="1", about=(NEWS, 12), about_room=announcements(discussion)
    )
    assert refusal_of(decision).code == Code.UNKNOWN_ENTRY
    assert decision.reads == (NEWS,)


def test_about_a_room_that_one_may_not_read_names_nothing() -> None:
    decision = decide.publish(Scene().case(AMINA), text="Oui", id="1", about=(NEWS, 12), about_room=None)
    assert refusal_of(decision).code == Code.UNKNOWN_ENTRY


def test_the_mode_is_told_before_an_announcement_that_is_not_there() -> None:
    decision = decide.publish(Scene("announcement").case(AMINA), text="Oui", id="1", about=(NEWS, 12))
    assert code_of(decision) == Code.ANNOUNCEMENT_ONLY


# -- slow mode ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "slow_ms"), [(AMINA, 5_000), (SPEAKER, 5_000), (MODERATOR, None), (OWNER, None)]
)
def test_slow_mode_binds_everybody_below_a_moderator(who: Identity, slow_ms: int | None) -> None:
    scene = Scene()
    scene.apply(decide.change_settings(scene.case(MODERATOR), changes={"slow_ms": 5_000}))
    assert decide.publish(scene.case(who), text="x", id="1").slow_ms == slow_ms


def test_without_slow_mode_nothing_is_compared() -> None:
    assert decide.publish(Scene().case(AMINA), text="x", id="1").slow_ms is None


def test_slow_mode_does_not_bind_edits() -> None:
    scene = Scene()
    scene.apply(decide.change_settings(scene.case(MODERATOR), changes={"slow_ms": 5_000}))
    target = scene.message(AMINA)
    assert decide.edit(scene.case(AMINA), target=target, seq=target.seq, text="x").slow_ms is None


# -- edit -----------------------------------------------------------------------------------------


def test_an_author_edits_a_message_that_is_still_there_with_the_edits_that_were_known() -> None:
    scene = Scene()
    known = Target(scene.message(AMINA).message, b"5,6")
    decision = decide.edit(scene.case(AMINA), target=known, seq=known.seq, text="où ?")
    assert decision.fields == {"kind": "edit", "by": AMINA.card(), "target": known.seq, "text": "où ?"}
    assert (decision.live, decision.edits) == (((AGORA, known.seq),), (known.seq, b"5,6"))


@pytest.mark.parametrize("who", [BILAL, MODERATOR, OWNER])
def test_nobody_else_edits_a_message(who: Identity) -> None:
    scene = Scene()
    target = scene.message(AMINA)
    assert code_of(decide.edit(scene.case(who), target=target, seq=target.seq, text="x")) == Code.FORBIDDEN


def test_an_author_who_may_not_publish_now_does_not_edit() -> None:
    scene = Scene("announcement")
    target = scene.message(AMINA)
    decision = decide.edit(scene.case(AMINA), target=target, seq=target.seq, text="x")
    assert refusal_of(decision).code == Code.ANNOUNCEMENT_ONLY


def test_the_muted_do_not_edit() -> None:
    scene = muted(Scene())
    target = scene.message(AMINA)
    assert code_of(decide.edit(scene.case(AMINA), target=target, seq=target.seq, text="x")) == Code.MUTED


def test_editing_what_is_not_there_names_nothing() -> None:
    assert code_of(decide.edit(Scene().case(AMINA), target=None, seq=9, text="x")) == Code.UNKNOWN_ENTRY


def test_the_mode_is_told_before_a_target_that_is_not_there() -> None:
    decision = decide.edit(Scene("announcement").case(AMINA), target=None, seq=9, text="x")
    assert code_of(decision) == Code.ANNOUNCEMENT_ONLY


def test_a_text_can_be_edited_within_its_window_and_not_after() -> None:
    scene = Scene(edit_ms=1_000)
    target = scene.message(AMINA)
    scene.passes(1_000)
    decision = decide.edit(scene.case(AMINA), target=target, seq=target.seq, text="x")
    assert (code_of(decision), decision.to_ms) == (None, scene.now_ms + 1)
    scene.passes(1)
    assert code_of(decide.edit(scene.case(AMINA), target=target, seq=target.seq, text="x")) == Code.EXPIRED


def test_without_a_window_a_text_can_always_be_edited() -> None:
    scene = Scene(edit_ms=None)
    target = scene.message(AMINA)
    scene.passes(10**12)
    assert code_of(decide.edit(scene.case(AMINA), target=target, seq=target.seq, text="x")) is None


# -- react ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["agora", "announcement"])
def test_everyone_who_may_read_reacts_in_either_mode(mode: ModeWord) -> None:
    decision = decide.react(Scene(mode).case(AMINA), seq=4, emoji="👍", on=True)
    assert decision.fields == {"kind": "reaction", "by": AMINA.card(), "target": 4, "emoji": "👍", "on": True}
    assert (decision.live, decision.react) == (((AGORA, 4),), (4, "👍", True))


@pytest.mark.parametrize(("action", "code"), [("mute", Code.MUTED), ("ban", Code.BANNED)])
def test_the_sanctioned_do_not_react(action: Literal["mute", "ban"], code: Code) -> None:
    scene = Scene()
    sanctioned(scene, action)
    assert code_of(decide.react(scene.case(AMINA), seq=4, emoji="👍", on=False)) == code


# -- until when a decision holds ------------------------------------------------------------------


def test_a_decision_holds_no_longer_than_the_sanction_it_was_refused_for() -> None:
    scene = muted(Scene(), for_ms=700)
    decision = decide.publish(scene.case(AMINA), text="x", id="1")
    assert decision.to_ms == scene.now_ms + 700


def test_a_decision_holds_no_longer_than_the_mode_it_was_made_in() -> None:
    scene = Scene("announcement")
    scene.apply(decide.switch_mode(scene.case(MODERATOR), mode="agora", reason="r", until=scene.now_ms + 300))
    assert decide.publish(scene.case(AMINA), text="x", id="1").to_ms == scene.now_ms + 300
