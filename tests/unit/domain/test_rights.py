"""Who may what in a room: roles, sanctions, modes and the card that a client is shown."""

from typing import Literal

import pytest

from hubbub.domain import decide
from hubbub.domain.decision import Case
from hubbub.domain.identity import Identity, Role
from hubbub.domain.refusals import Code
from hubbub.domain.rights import (
    TokenRole,
    ban_refusal,
    may_publish,
    publish_refusal,
    rights_card,
    role_of,
    role_refusal,
    sanction_refusal,
)
from tests.unit.domain.scene import (
    AGORA,
    AMINA,
    BILAL,
    MODERATOR,
    NEWS,
    OWNER,
    SPEAKER,
    START_MS,
    Scene,
    given_the_floor,
    sanctioned,
)


def token(role: Role, until_ms: int) -> TokenRole:
    return TokenRole(role, until_ms)


# -- roles ----------------------------------------------------------------------------------------


def test_somebody_without_grant_or_token_is_a_participant() -> None:
    assert role_of(Scene().hub, AMINA.id, None, START_MS) is Role.PARTICIPANT


def test_a_tokens_role_counts_until_it_expires() -> None:
    hub, owner = Scene().hub, token(Role.OWNER, START_MS)
    assert role_of(hub, AMINA.id, owner, START_MS - 1) is Role.OWNER
    assert role_of(hub, AMINA.id, owner, START_MS) is Role.PARTICIPANT


@pytest.mark.parametrize("granted", Role)
def test_a_granted_role_wins_over_a_tokens_upwards_and_downwards(granted: Role) -> None:
    hub = Scene(granted={AMINA.id: granted}).hub
    assert role_of(hub, AMINA.id, token(Role.MODERATOR, START_MS + 1), START_MS) is granted


@pytest.mark.parametrize("needed", Role)
@pytest.mark.parametrize("who", [AMINA, SPEAKER, MODERATOR, OWNER])
def test_a_role_named_as_a_condition_means_that_one_or_higher(who: Identity, needed: Role) -> None:
    standing = Scene().case(who).who
    refusal = role_refusal(standing, needed, "This")
    assert (refusal is None) == (standing.role >= needed)
    if refusal is not None:
        assert (refusal.code, refusal.rule) == (Code.FORBIDDEN, {"role": needed.word})


# -- modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [AMINA, SPEAKER, MODERATOR, OWNER])
def test_everyone_may_publish_in_an_agora(who: Identity) -> None:
    scene = Scene("agora")
    assert may_publish(scene.room, scene.case(who).who)


@pytest.mark.parametrize(("who", "may"), [(AMINA, False), (SPEAKER, True), (MODERATOR, True), (OWNER, True)])
def test_only_speakers_and_above_publish_in_an_announcement_room(who: Identity, may: bool) -> None:
    scene = Scene("announcement")
    assert may_publish(scene.room, scene.case(who).who) is may


def test_who_was_given_the_floor_publishes_in_an_announcement_room() -> None:
    scene = Scene("announcement")
    given_the_floor(scene)
    assert may_publish(scene.room, scene.case(AMINA).who)
    assert not may_publish(scene.room, scene.case(BILAL).who)


def test_announcement_only_says_who_set_the_mode_why_since_and_until_when() -> None:
    scene = Scene("agora")
    until = scene.now_ms + 9
    entry = scene.apply(
        decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="Talk starts", until=until)
    )
    refusal = publish_refusal(scene.room, scene.case(AMINA).who, False)
    assert refusal is not None
    assert refusal.code == Code.ANNOUNCEMENT_ONLY and not refusal.is_temporary
    assert refusal.rule == {
        "mode": "announcement",
        "by": MODERATOR.card(),
        "reason": "Talk starts",
        "since": entry["at"],
        "until": until,
    }


def test_announcement_only_has_no_until_where_the_mode_stays() -> None:
    scene = Scene("announcement")
    refusal = publish_refusal(scene.room, scene.case(AMINA).who, False)
    assert refusal is not None and refusal.rule is not None
    assert "until" not in refusal.rule


@pytest.mark.parametrize(("takes_it", "instead"), [(False, ("floor",)), (True, ("floor", "about"))])
def test_announcement_only_shows_what_one_can_do_instead(takes_it: bool, instead: tuple[str, ...]) -> None:
    scene = Scene("announcement")
    refusal = publish_refusal(scene.room, scene.case(AMINA).who, takes_it)
    assert refusal is not None and refusal.instead == instead


# -- sanctions ------------------------------------------------------------------------------------


def test_a_mute_forbids_publishing_and_names_its_entry_with_its_room() -> None:
    scene = Scene()
    entry = sanctioned(scene, "mute")
    refusal = publish_refusal(scene.room, scene.case(AMINA).who, False)
    assert refusal is not None
    assert (refusal.code, refusal.rule) == (Code.MUTED, {**entry, "room": AGORA})


def test_a_mute_leaves_reading() -> None:
    scene = Scene()
    sanctioned(scene, "mute")
    assert ban_refusal(scene.room.address, scene.case(AMINA).who) is None


def test_a_ban_forbids_reading() -> None:
    scene = Scene()
    entry = sanctioned(scene, "ban")
    refusal = ban_refusal(scene.room.address, scene.case(AMINA).who)
    assert refusal is not None
    assert (refusal.code, refusal.rule) == (Code.BANNED, {**entry, "room": AGORA})


def test_a_ban_is_told_before_a_mute() -> None:
    scene = Scene()
    sanctioned(scene, "ban")
    sanctioned(scene, "mute")
    refusal = sanction_refusal(scene.room, scene.case(AMINA).who)
    assert refusal is not None and refusal.code == Code.BANNED


def test_a_sanction_is_told_before_the_mode() -> None:
    scene = Scene("announcement")
    sanctioned(scene, "mute")
    refusal = publish_refusal(scene.room, scene.case(AMINA).who, True)
    assert refusal is not None and refusal.code == Code.MUTED


@pytest.mark.parametrize("action", ["mute", "ban"])
def test_a_sanction_of_a_room_leaves_the_other_rooms_of_the_hub(action: Literal["mute", "ban"]) -> None:
    scene, elsewhere = Scene(), Scene(address=NEWS)
    sanctioned(scene, action)
    assert may_publish(elsewhere.room, scene.case(AMINA).standing_in(elsewhere.room))


@pytest.mark.parametrize("action", ["mute", "ban"])
def test_a_sanction_of_the_hub_counts_in_every_room(action: Literal["mute", "ban"]) -> None:
    scene, elsewhere = Scene(), Scene(address=NEWS)
    sanctioned(scene, action, scope="hub")
    assert not may_publish(elsewhere.room, scene.case(AMINA).standing_in(elsewhere.room))


@pytest.mark.parametrize("scope", ["room", "hub"])
def test_a_sanction_whose_until_has_come_is_no_longer_in_force(scope: Literal["room", "hub"]) -> None:
    scene = Scene()
    sanctioned(scene, "ban", scope=scope, for_ms=1_000)
    scene.passes(999)
    assert not may_publish(scene.room, scene.case(AMINA).who)
    scene.passes(1)
    assert may_publish(scene.room, scene.case(AMINA).who)


def test_a_lapsed_sanction_of_the_hub_leaves_that_of_the_room() -> None:
    scene = Scene()
    sanctioned(scene, "mute", scope="hub", for_ms=1)
    entry = sanctioned(scene, "mute", scope="room")
    scene.passes(1)
    refusal = sanction_refusal(scene.room, scene.case(AMINA).who)
    assert refusal is not None and refusal.rule == {**entry, "room": AGORA}


def test_a_mute_of_the_hub_suspends_the_floor_and_its_end_gives_it_back() -> None:
    scene = Scene("announcement")
    given_the_floor(scene)
    sanctioned(scene, "mute", scope="hub")
    assert not may_publish(scene.room, scene.case(AMINA).who)
    sanctioned(scene, "unmute", scope="hub")
    assert may_publish(scene.room, scene.case(AMINA).who)


@pytest.mark.parametrize("action", ["mute", "ban"])
def test_a_sanction_of_the_room_takes_the_floor_for_good(action: Literal["mute", "ban"]) -> None:
    scene = Scene("announcement")
    given_the_floor(scene)
    sanctioned(scene, action)
    sanctioned(scene, "unmute" if action == "mute" else "unban")
    assert not may_publish(scene.room, scene.case(AMINA).who)


# -- until when a standing holds ------------------------------------------------------------------


def test_a_standing_holds_until_the_first_of_token_mode_and_sanctions_ends() -> None:
    scene = Scene()
    scene.token_by_id[AMINA.id] = token(Role.SPEAKER, scene.now_ms + 40)
    scene.apply(
        decide.switch_mode(scene.case(MODERATOR), mode="announcement", reason="r", until=scene.now_ms + 30)
    )
    sanctioned(scene, "mute", scope="hub", for_ms=20)
    sanctioned(scene, "ban", scope="room", for_ms=10)
    start, found = scene.now_ms, []
    while (until := scene.case(AMINA).who.until_ms) is not None:
        found.append(until - start)
        scene.now_ms = until
    assert found == [10, 20, 30, 40]


def test_a_standing_without_any_until_holds_until_an_entry_changes_it() -> None:
    assert Scene().case(MODERATOR).who.until_ms is None


# -- the card -------------------------------------------------------------------------------------


def rights_of(case: Case, in_discussion: bool = False) -> set[str]:
    return {right for right, has in rights_card(case.room, case.who, in_discussion).items() if has}


def test_the_card_names_the_five_rights() -> None:
    assert rights_card(Scene().room, Scene().case(AMINA).who, False).keys() == {
        "publish",
        "reply",
        "react",
        "floor",
        "moderate",
    }


@pytest.mark.parametrize(
    ("who", "rights"),
    [
        (AMINA, {"react", "floor"}),
        (SPEAKER, {"publish", "reply", "react"}),
        (MODERATOR, {"publish", "reply", "react", "moderate"}),
    ],
)
def test_rights_in_an_announcement_room_follow_the_role(who: Identity, rights: set[str]) -> None:
    assert rights_of(Scene("announcement").case(who)) == rights


def test_one_may_reply_where_the_discussion_room_takes_it() -> None:
    assert rights_of(Scene("announcement").case(AMINA), in_discussion=True) == {"reply", "react", "floor"}


def test_who_has_the_floor_need_not_ask_for_it() -> None:
    scene = Scene("announcement")
    given_the_floor(scene)
    assert rights_of(scene.case(AMINA)) == {"publish", "reply", "react"}


def test_the_muted_have_no_right_but_a_reply_elsewhere() -> None:
    scene = Scene()
    sanctioned(scene, "mute")
    assert rights_of(scene.case(AMINA)) == set()
    assert rights_of(scene.case(AMINA), in_discussion=True) == {"reply"}


def test_the_banned_have_no_right_at_all() -> None:
    scene = Scene(granted={AMINA.id: Role.MODERATOR, OWNER.id: Role.OWNER})
    sanctioned(scene, "ban")
    assert rights_of(scene.case(AMINA), in_discussion=True) == set()


def test_a_muted_moderator_still_moderates() -> None:
    scene = Scene(granted={AMINA.id: Role.MODERATOR, OWNER.id: Role.OWNER})
    sanctioned(scene, "mute")
    assert rights_of(scene.case(AMINA)) == {"moderate"}
