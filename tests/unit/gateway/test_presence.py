"""Who is in a room: people, not tabs; on all nodes; without the names of the quiet."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hubbub.domain.identity import Identity
from hubbub.gateway.presence import Card, RoomPresence


def card(name: str, is_quiet: bool = False) -> Card:
    return Card(Identity(f"u:{name}", name), is_quiet=is_quiet)


def names(cards: list[Card]) -> list[str | None]:
    return sorted((card.identity.name for card in cards), key=str)


def test_three_tabs_are_one_person() -> None:
    presence = RoomPresence()
    for _ in range(3):
        presence.enter(card("Amina"))
    assert presence.count == 1


def test_somebody_is_there_until_the_last_tab_is_closed() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.enter(card("Amina"))
    presence.leave(card("Amina"))
    assert presence.count == 1
    presence.leave(card("Amina"))
    assert presence.count == 0


def test_who_comes_and_goes_is_told_once() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    assert names(presence.changes()[0]) == ["Amina"]
    assert presence.changes() == ([], [])
    presence.leave(card("Amina"))
    assert names(presence.changes()[1]) == ["Amina"]


def test_who_came_and_went_in_between_is_not_told() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.leave(card("Amina"))
    assert presence.changes() == ([], [])


def test_the_quiet_are_counted_and_not_named() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina", is_quiet=True))
    assert presence.count == 1
    assert presence.changes() == ([], [])


def test_one_quiet_tab_makes_a_person_quiet() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina", is_quiet=True))
    presence.enter(card("Amina"))
    assert presence.count == 1
    assert presence.named("u:Amina") is None
    assert presence.is_hushed("u:Amina")


def test_without_the_quiet_tab_they_are_named_again() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina", is_quiet=True))
    presence.enter(card("Amina"))
    presence.changes()
    presence.leave(card("Amina", is_quiet=True))
    assert names(presence.changes()[0]) == ["Amina"]


def test_who_becomes_quiet_is_told_as_gone() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.changes()
    presence.enter(card("Amina", is_quiet=True))
    assert names(presence.changes()[1]) == ["Amina"]


def test_who_is_quiet_on_another_node_is_quiet() -> None:
    presence = RoomPresence()
    presence.heard("n-2", {"u:Amina": card("Amina", is_quiet=True)}, [])
    presence.enter(card("Amina"))
    assert presence.count == 1
    assert presence.named("u:Amina") is None
    assert presence.is_hushed("u:Amina")


def test_somebody_on_two_nodes_is_one_person() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.heard("n-2", {"u:Amina": card("Amina"), "u:Boris": card("Boris")}, [])
    assert presence.count == 2


def test_who_leaves_another_node_is_gone_only_if_not_here() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.heard("n-2", {"u:Amina": card("Amina"), "u:Boris": card("Boris")}, [])
    presence.changes()
    presence.heard("n-2", {}, ["u:Amina", "u:Boris"])
    assert names(presence.changes()[1]) == ["Boris"]


def test_other_nodes_are_told_what_changed_here_and_only_that() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.heard("n-2", {"u:Boris": card("Boris")}, [])
    assert presence.news_for_peers() == ({"u:Amina": card("Amina")}, [])
    presence.leave(card("Amina"))
    assert presence.news_for_peers() == ({}, ["u:Amina"])


def test_a_card_that_changed_is_told_to_other_nodes() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.news_for_peers()
    renamed = msgspec.structs.replace(card("Amina"), role="moderator")
    presence.enter(renamed)
    assert presence.news_for_peers() == ({"u:Amina": renamed}, [])


def test_other_nodes_are_told_that_somebody_has_become_quiet_here() -> None:
    quiet = set[str]()
    presence = RoomPresence(quiet.__contains__)
    presence.enter(card("Amina"))
    presence.news_for_peers()
    presence.mind("u:Amina")
    quiet.add("u:Amina")
    assert presence.news_for_peers() == ({"u:Amina": card("Amina", is_quiet=True)}, [])
    assert names(presence.changes()[0]) == []


def test_a_page_shows_people_in_order_and_whether_there_are_more() -> None:
    presence = RoomPresence()
    for name in ("Chloé", "Amina", "Boris"):
        presence.enter(card(name))
    assert presence.page("", 3)[1] is False
    page, has_more = presence.page("", 2)
    assert [one.identity.name for one in page] == ["Amina", "Boris"] and has_more
    assert presence.page(page[-1].identity.id, 2) == ([card("Chloé")], False)


def test_how_many_have_been_told_of_does_not_count_who_came_since() -> None:
    presence = RoomPresence()
    presence.enter(card("Amina"))
    presence.enter(card("Boris"))
    presence.news_for_peers()
    presence.enter(card("Chloé"))
    presence.leave(card("Boris"))
    assert (presence.count_told, presence.count_here) == (2, 2)


NAMES = ("Amina", "Boris", "Chloé")
NODES = ("n-2", "n-3")


class PresenceMachine(RuleBasedStateMachine):
    """Whatever happens, what is kept by change is what looking at everybody would give."""

    def __init__(self) -> None:
        super().__init__()
        self.quiet = set[str]()
        self.presence = RoomPresence(self.quiet.__contains__)
        self.tabs: list[Card] = []
        self.there: dict[str, dict[str, Card]] = {node: {} for node in NODES}
        self.shown: set[str] = set()
        self.told: dict[str, Card] = {}

    @rule(name=st.sampled_from(NAMES), is_quiet=st.booleans())
    def enter(self, name: str, is_quiet: bool) -> None:
        self.tabs.append(card(name, is_quiet))
        self.presence.enter(self.tabs[-1])

    @precondition(lambda self: self.tabs)
    @rule(choice=st.integers(0, 9))
    def leave(self, choice: int) -> None:
        self.presence.leave(self.tabs.pop(choice % len(self.tabs)))

    @rule(node=st.sampled_from(NODES), name=st.sampled_from(NAMES), is_quiet=st.booleans())
    def come_there(self, node: str, name: str, is_quiet: bool) -> None:
        there = card(name, is_quiet)
        self.there[node][there.identity.id] = there
        self.presence.heard(node, {there.identity.id: there}, [])

    @rule(node=st.sampled_from(NODES), name=st.sampled_from(NAMES))
    def go_there(self, node: str, name: str) -> None:
        self.there[node].pop(f"u:{name}", None)
        self.presence.heard(node, {}, [f"u:{name}"])

    @rule(name=st.sampled_from(NAMES))
    def turn_quiet_or_loud(self, name: str) -> None:
        self.presence.mind(f"u:{name}")
        self.quiet ^= {f"u:{name}"}

    @rule(name=st.sampled_from(NAMES))
    def ask_for_a_page(self, name: str) -> None:
        page, _ = self.presence.page(f"u:{name}", 10)
        expected = sorted(id for id in self.visible() if id > f"u:{name}")
        assert [one.identity.id for one in page] == expected

    @rule()
    def show(self) -> None:
        joined, left = self.presence.changes()
        came, went = {one.identity.id for one in joined}, {one.identity.id for one in left}
        assert (came, went) == (self.visible() - self.shown, self.shown - self.visible())
        self.shown = self.visible()

    @rule()
    def tell(self) -> None:
        joined, left = self.presence.news_for_peers()
        self.told.update(joined)
        for id in left:
            del self.told[id]
        assert self.told == self.presence.here()

    def here(self) -> set[str]:
        return {tab.identity.id for tab in self.tabs}

    def visible(self) -> set[str]:
        hushed = {tab.identity.id for tab in self.tabs if tab.is_quiet} | (self.quiet & self.here())
        there = [one for people in self.there.values() for one in people.values()]
        hushed |= {one.identity.id for one in there if one.is_quiet}
        return (self.here() | {one.identity.id for one in there}) - hushed

    @invariant()
    def people_are_counted_once(self) -> None:
        everybody = self.here().union(*self.there.values())
        assert self.presence.count == len(everybody)
        assert self.presence.count_here == len(self.here())
        assert self.presence.count_told == len(self.told)


def test_what_is_kept_by_change_is_what_looking_at_everybody_would_give() -> None:
    thorough = settings(max_examples=200, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(PresenceMachine, settings=thorough)
