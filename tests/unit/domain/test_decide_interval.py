"""Property: whoever decides again before a decision's `to_ms`, on the same state, decides the same."""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from hubbub.domain import decide
from hubbub.domain.decision import Case, Decision
from hubbub.domain.identity import SYSTEM, Role
from hubbub.domain.rights import TokenRole
from tests.unit.domain.scene import AMINA, BILAL, MODERATOR, OWNER, SPEAKER, Scene, code_of

PEOPLE = (AMINA, BILAL, SPEAKER, MODERATOR, OWNER)
people = st.sampled_from(PEOPLE)
spans_ms = st.integers(1, 130_000)
Deciding = Callable[[Case], Decision]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A room in which modes, sanctions, tokens and the edit window end at various times."""
    scene = Scene(draw(st.sampled_from(["agora", "announcement"])), edit_ms=draw(spans_ms))
    for person in PEOPLE:
        if draw(st.booleans()):
            until = scene.now_ms + draw(spans_ms)
            scene.token_by_id[person.id] = TokenRole(draw(st.sampled_from(Role)), until)
            if draw(st.booleans()):
                scene.granted.pop(person.id, None)
                scene.kept["roles"].pop(person.id, None)
    scene.hub = scene.loaded_hub()
    for command in draw(st.lists(commands(scene), max_size=6)):
        decision = command(scene.case(draw(people)))
        if decision.refusal is None:
            scene.apply(decision)
        scene.passes(draw(st.sampled_from([0, 1, 1_000])))
        if scene.room.until_ms is not None and scene.room.until_ms <= scene.now_ms:
            scene.apply(decide.return_to_base(scene.case(SYSTEM)))
    return scene


@st.composite
def commands(draw: st.DrawFn, scene: Scene) -> Deciding:
    """Any command; the instant and the actor come with the case."""
    subject = scene.subject(draw(people))
    until = draw(st.one_of(st.none(), spans_ms.map(lambda ms: scene.now_ms + ms)))
    kind = draw(st.sampled_from(["publish", "edit", "remove", "react", "mode", "grant", "sanction", "floor"]))
    match kind:
        case "publish":
            return lambda case: decide.publish(case, text="x", id="1")
        case "edit":
            target = scene.message(subject.identity)
            return lambda case: decide.edit(case, target=target, seq=target.seq, text="y")
        case "remove":
            target = scene.message(subject.identity)
            return lambda case: decide.remove(case, target=target, author=subject, seq=target.seq, reason="r")
        case "react":
            return lambda case: decide.react(case, seq=1, emoji="👍", on=True)
        case "mode":
            mode: Any = draw(st.sampled_from(["agora", "announcement"]))
            return lambda case: decide.switch_mode(case, mode=mode, reason="r", until=until)
        case "grant":
            role = draw(st.sampled_from(Role))
            return lambda case: decide.grant(case, subject=subject, role=role, reason="r")
        case "sanction":
            action: Any = draw(st.sampled_from(["mute", "unmute", "ban", "unban"]))
            scope: Any = draw(st.sampled_from(["room", "hub"]))
            return lambda case: decide.sanction(
                case, action=action, subject=subject, scope=scope, reason="r", until=until
            )
        case _:
            turn: Any = draw(st.sampled_from(["ask", "withdraw", "give", "refuse", "take"]))
            return lambda case: decide.floor(
                case,
                action=turn,
                subject=scene.subject(case.actor) if turn in ("ask", "withdraw") else subject,
                reason=None,
            )


@given(st.data())
def test_deciding_again_within_the_interval_gives_the_same_verdict(data: st.DataObject) -> None:
    scene = data.draw(scenes())
    deciding, actor = data.draw(commands(scene)), data.draw(people)
    decision = deciding(scene.case(actor))
    last_ms = decision.to_ms - 1 if decision.to_ms is not None else scene.now_ms + 10**7
    assert last_ms >= scene.now_ms, "a decision that never held"
    later_ms = data.draw(st.one_of(st.just(last_ms), st.integers(scene.now_ms, last_ms)))
    again = deciding(scene.case(actor, at_ms=later_ms))
    assert (code_of(again), again.fields, again.slow_ms) == (
        code_of(decision),
        decision.fields,
        decision.slow_ms,
    )


@given(scenes())
def test_a_standing_holds_until_its_own_end(scene: Scene) -> None:
    for person in PEOPLE:
        who = scene.case(person).who
        last_ms = who.until_ms - 1 if who.until_ms is not None else scene.now_ms + 10**7
        assert scene.case(person, at_ms=last_ms).who == who
