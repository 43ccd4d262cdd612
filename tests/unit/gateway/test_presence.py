"""Who is in a room: people, not tabs; on all nodes; without the names of the quiet."""

import msgspec

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
    assert presence.everybody["u:Amina"].is_quiet


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
    assert presence.everybody["u:Amina"].is_quiet


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


def test_a_node_that_is_no_longer_read_takes_its_people_with_it() -> None:
    presence = RoomPresence()
    presence.read({"n-2": {"u:Boris": card("Boris")}})
    presence.changes()
    presence.read({})
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
