"""The state of a room and of a hub, as the entries of the log leave it."""

from hubbub.domain import decide, entries
from hubbub.domain.identity import SYSTEM, Role
from hubbub.domain.state import ModeWord
from tests.unit.domain.scene import (
    AMINA,
    BILAL,
    MINUTE_MS,
    MODERATOR,
    NEWS,
    OWNER,
    START_MS,
    Scene,
)


def switch(scene: Scene, mode: ModeWord, until: int | None = None) -> entries.Entry:
    return scene.apply(decide.switch_mode(scene.case(MODERATOR), mode=mode, reason="Talk", until=until))


def ask(scene: Scene, reason: str | None = None) -> entries.Entry:
    return scene.apply(
        decide.floor(scene.case(AMINA), action="ask", subject=scene.subject(AMINA), reason=reason)
    )


def give(scene: Scene) -> entries.Entry:
    return scene.apply(
        decide.floor(scene.case(MODERATOR), action="give", subject=scene.subject(AMINA), reason=None)
    )


def mute(scene: Scene, until: int | None = None) -> entries.Entry:
    subject = scene.subject(AMINA)
    return scene.apply(
        decide.sanction(
            scene.case(MODERATOR), action="mute", subject=subject, scope="room", reason="spam", until=until
        )
    )


def test_a_room_begins_with_what_it_was_created_with() -> None:
    scene = Scene("announcement", settings={"title": "Nouvelles", "topic": "t", "discussion": "place/agora"})
    assert scene.room.card() == {
        "title": "Nouvelles",
        "topic": "t",
        "mode": "announcement",
        "base_mode": "announcement",
        "mode_since": START_MS,
        "mode_by": OWNER.card(),
        "mode_reason": "created",
        "discussion": "place/agora",
        "floor": {"asked": [], "given": []},
    }


def test_what_is_not_set_is_absent_from_the_card() -> None:
    assert not {"title", "topic", "discussion", "slow_ms", "mode_until"} & Scene().room.card().keys()


def test_the_floor_is_left_out_of_a_card_on_demand() -> None:
    assert "floor" not in Scene().room.card(with_floor=False)


def test_a_switch_without_until_sets_the_base_mode() -> None:
    scene = Scene("agora")
    entry = switch(scene, "announcement")
    card = scene.room.card()
    assert (card["mode"], card["base_mode"], card["mode_since"]) == ("announcement",) * 2 + (entry["at"],)
    assert (card["mode_by"], card["mode_reason"]) == (MODERATOR.card(), "Talk")


def test_a_switch_with_until_leaves_the_base_mode() -> None:
    scene = Scene("agora")
    switch(scene, "announcement", until=scene.now_ms + 5)
    assert (scene.room.mode, scene.room.base_mode) == ("announcement", "agora")
    assert scene.room.card()["mode_until"] == scene.now_ms + 5


def test_a_base_mode_is_still_known_when_a_timed_switch_is_loaded() -> None:
    scene = Scene("agora")
    switch(scene, "announcement")
    switch(scene, "agora", until=scene.now_ms + 5)
    assert scene.loaded_room() == scene.room
    assert scene.room.base_mode == "announcement"


def test_a_later_switch_cancels_a_pending_until() -> None:
    scene = Scene("agora")
    switch(scene, "announcement", until=scene.now_ms + 5)
    switch(scene, "announcement")
    assert scene.room.until_ms is None
    assert scene.room.base_mode == "announcement"


def test_a_room_returns_to_its_base_mode_by_an_entry_of_system() -> None:
    scene = Scene("agora")
    switch(scene, "announcement", until=scene.now_ms + 5)
    scene.passes(5)
    entry = scene.apply(decide.return_to_base(scene.case(SYSTEM)))
    assert (entry["mode"], entry["previous"], entry["by"]["id"]) == ("agora", "announcement", "system")
    assert (scene.room.mode, scene.room.until_ms) == ("agora", None)


def test_settings_that_a_later_entry_does_not_name_stay() -> None:
    scene = Scene()
    scene.apply(decide.change_settings(scene.case(MODERATOR), changes={"title": "A", "topic": "B"}))
    scene.apply(decide.change_settings(scene.case(MODERATOR), changes={"title": "C", "slow_ms": 5}))
    assert (scene.room.title, scene.room.topic, scene.room.slow_ms) == ("C", "B", 5)
    assert scene.loaded_room() == scene.room


def test_empty_settings_unset_what_was_set_also_at_creation() -> None:
    scene = Scene(settings={"title": "A", "topic": "B", "discussion": NEWS})
    scene.apply(
        decide.change_settings(scene.case(MODERATOR), changes={"title": "", "topic": "", "discussion": ""})
    )
    assert (scene.room.title, scene.room.topic, scene.room.discussion) == (None, None, None)
    assert scene.loaded_room() == scene.room


def test_those_who_asked_are_listed_with_when_and_why() -> None:
    scene = Scene("announcement")
    entry = ask(scene, "une question")
    asked = [{"id": AMINA.id, "name": "Amina", "at": entry["at"], "reason": "une question"}]
    assert scene.room.floor_card() == {"asked": asked, "given": []}


def test_who_was_given_the_floor_is_listed_without_a_reason() -> None:
    scene = Scene("announcement")
    ask(scene, "une question")
    entry = give(scene)
    given = [{"id": AMINA.id, "name": "Amina", "at": entry["at"]}]
    assert scene.room.floor_card() == {"asked": [], "given": given}


def test_the_floor_lists_the_oldest_two_hundred() -> None:
    scene = Scene("announcement")
    for number in range(201):
        body = b'{"seq":%d,"at":1,"kind":"floor","action":"ask","by":{},"subject":{"id":"u:%d"}}' % (
            300 - number,
            number,
        )
        scene.room = scene.room.after(entries.decode(body), body)
    asked = scene.room.floor_card()["asked"]
    assert [person["id"] for person in asked] == [f"u:{number}" for number in range(200, 0, -1)]


def test_a_mode_that_differs_from_the_previous_one_ends_floors_and_asks() -> None:
    scene = Scene("announcement")
    give(scene)
    switch(scene, "agora")
    assert not scene.room.has_floor(AMINA.id)
    assert scene.room.floor_card() == {"asked": [], "given": []}


def test_the_same_mode_with_another_until_leaves_the_floor() -> None:
    scene = Scene("announcement")
    give(scene)
    switch(scene, "announcement", until=scene.now_ms + 5)
    assert scene.room.has_floor(AMINA.id)
    assert scene.loaded_room() == scene.room


def test_a_mute_of_the_room_ends_the_floor() -> None:
    scene = Scene("announcement")
    give(scene)
    mute(scene)
    assert not scene.room.has_floor(AMINA.id)


def test_a_mute_of_the_hub_leaves_the_floor_in_the_rooms_state() -> None:
    scene = Scene("announcement")
    give(scene)
    scene.apply(
        decide.sanction(
            scene.case(MODERATOR),
            action="mute",
            subject=scene.subject(AMINA),
            scope="hub",
            reason="s",
            until=None,
        )
    )
    assert scene.room.has_floor(AMINA.id)
    assert not scene.room.sanctions


def test_a_sanction_shows_its_entry_and_room_as_the_rule() -> None:
    scene = Scene()
    entry = mute(scene)
    assert scene.room.sanctions["mute", AMINA.id].rule == {**entry, "room": scene.address}


def test_a_sanction_is_in_force_before_its_until_and_not_at_it() -> None:
    scene = Scene()
    mute(scene, until=scene.now_ms + MINUTE_MS)
    muted = scene.room.sanctions["mute", AMINA.id]
    assert muted.is_in_force(scene.now_ms + MINUTE_MS - 1)
    assert not muted.is_in_force(scene.now_ms + MINUTE_MS)


def test_messages_change_no_state() -> None:
    scene = Scene()
    before = scene.room, scene.hub
    scene.apply(decide.publish(scene.case(AMINA), text="Bonjour", id="1"))
    assert (scene.room, scene.hub) == before


def test_a_state_is_a_value_which_no_later_entry_changes() -> None:
    scene = Scene("announcement")
    before = scene.room
    ask(scene)
    assert before.turn_by_identity == {}


def test_a_grant_in_any_room_counts_in_the_whole_hub() -> None:
    scene = Scene()
    scene.apply(decide.grant(scene.case(OWNER), subject=scene.subject(BILAL), role=Role.SPEAKER, reason="ok"))
    assert scene.hub.grants[BILAL.id].role is Role.SPEAKER
    assert scene.hub.grants[BILAL.id].room == scene.address


def test_a_hub_counts_the_owners_that_were_granted() -> None:
    scene = Scene()
    assert scene.hub.owners == 1
    scene.apply(decide.grant(scene.case(OWNER), subject=scene.subject(BILAL), role=Role.OWNER, reason="ok"))
    assert scene.hub.owners == 2
