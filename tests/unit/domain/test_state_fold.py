"""Property: a state folded entry by entry is the one loaded from what the store keeps by field."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from hubbub.domain import decide
from hubbub.domain.decision import Case, Decision
from hubbub.domain.identity import SYSTEM, Identity, Role
from tests.unit.domain.scene import AMINA, BILAL, MODERATOR, NEWS, OWNER, SPEAKER, Scene

people = st.sampled_from([AMINA, BILAL, SPEAKER, MODERATOR, OWNER])
untils = st.one_of(st.none(), st.integers(1, 100_000))
settings_changed = st.dictionaries(
    st.sampled_from(["title", "topic", "discussion"]), st.sampled_from(["", NEWS])
)


def switches(scene: Scene, case: Case, draw: Any) -> Decision:
    until = draw(untils)
    at = case.now_ms + until if until else None
    return decide.switch_mode(
        case, mode=draw(st.sampled_from(["agora", "announcement"])), reason="r", until=at
    )


def sets(scene: Scene, case: Case, draw: Any) -> Decision:
    changes: dict[str, Any] = draw(settings_changed) | {"slow_ms": draw(st.integers(0, 2))}
    return decide.change_settings(case, changes=changes)


def sanctions(scene: Scene, case: Case, draw: Any) -> Decision:
    until = draw(untils)
    return decide.sanction(
        case,
        action=draw(st.sampled_from(["mute", "unmute", "ban", "unban"])),
        subject=scene.subject(draw(people)),
        scope=draw(st.sampled_from(["room", "hub"])),
        reason="r",
        until=case.now_ms + until if until else None,
    )


def takes_turns(scene: Scene, case: Case, draw: Any) -> Decision:
    action = draw(st.sampled_from(["ask", "withdraw", "give", "refuse", "take"]))
    subject = case.actor if action in ("ask", "withdraw") else draw(people)
    return decide.floor(case, action=action, subject=scene.subject(subject), reason=None)


def grants(scene: Scene, case: Case, draw: Any) -> Decision:
    return decide.grant(
        case, subject=scene.subject(draw(people)), role=draw(st.sampled_from(Role)), reason="r"
    )


def publishes(scene: Scene, case: Case, draw: Any) -> Decision:
    return decide.publish(case, text="Bonjour", id="x")


steps = st.sampled_from([switches, sets, sanctions, takes_turns, grants, publishes])


def actor_of(draw: Any) -> Identity:
    """Mostly those who may change something."""
    return draw(st.sampled_from([OWNER, OWNER, MODERATOR, AMINA, BILAL]))  # type: ignore[no-any-return]


@given(st.data())
def test_folding_entry_by_entry_equals_loading_what_the_store_kept(data: st.DataObject) -> None:
    scene = Scene(data.draw(st.sampled_from(["agora", "announcement"])))
    for step in data.draw(st.lists(steps, min_size=1, max_size=25)):
        scene.passes(data.draw(st.sampled_from([0, 1, 61_000])))
        until = scene.room.until_ms
        if until is not None and until <= scene.now_ms:
            scene.apply(decide.return_to_base(scene.case(SYSTEM)))
        decision = step(scene, scene.case(actor_of(data.draw)), data.draw)
        if decision.refusal is None:
            scene.apply(decision)
    assert scene.loaded_room() == scene.room
    assert scene.loaded_hub() == scene.hub
