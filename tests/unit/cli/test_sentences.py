"""What happens in a room, told to people at a terminal."""

from typing import Any

import pytest

from hubbub.cli.following import line_of
from hubbub.cli.moments import calendar
from hubbub.cli.sentences import sentence

MAX = {"id": "u:1", "name": "Max", "kind": "person"}
AMINA = {"id": "u:2", "name": "Amina", "kind": "person"}
SYSTEM = {"id": "system", "kind": "system"}
UNTIL_MS = 1_800_000_000_000


def entry(kind: str, by: dict[str, Any] = MAX, **fields: Any) -> dict[str, Any]:
    return {"seq": 9, "at": 1_700_000_000_000, "kind": kind, "by": by, **fields}


MUTE: dict[str, Any] = {"action": "mute", "scope": "room", "subject": AMINA, "reason": "Shouting"}


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (entry("message", text="Hello"), "Max: Hello"),
        (entry("message", text="Yes", reply_to=3), "Max: Yes  (to 3)"),
        (entry("message", text="Yes", about={"room": "a/b", "seq": 3}), "Max: Yes  (about a/b 3)"),
        (entry("removed"), "A message of Max was removed."),
        (entry("edit", target=3, text="Hi"), "Max changed message 3: Hi"),
        (entry("edit", target=3), "Max changed message 3, which was removed."),
        (entry("removal", target=3, reason="Spam"), "Max removed message 3: Spam"),
        (entry("removal", target=3), "Max removed message 3."),
        (entry("reaction", target=3, emoji="👍", on=True), "Max put 👍 on message 3."),
        (entry("reaction", target=3, emoji="👍", on=False), "Max took 👍 from message 3."),
        (
            entry("mode", mode="announcement", previous="agora", reason="Talk"),
            "Max switched the room to announcement (speakers only): Talk",
        ),
        (
            entry("mode", SYSTEM, mode="agora", previous="announcement", reason="It is time"),
            "The room returned to agora (everybody may write): It is time",
        ),
        (
            entry("mode", mode="agora", previous="agora", reason="Longer", until=UNTIL_MS),
            f"Max kept the room in agora (everybody may write), until {calendar(UNTIL_MS)}: Longer",
        ),
        (entry("settings", title="News", topic=""), "Max set title to “News”, no topic."),
        (entry("settings", slow_ms=1500), "Max set slow mode to 1.5 s between messages."),
        (entry("settings", slow_ms=0), "Max set slow mode to off."),
        (entry("role", subject=AMINA, role="owner", reason="Trust"), "Max made Amina an owner: Trust"),
        (entry("role", subject={"id": "u:9"}, role="speaker", reason="x"), "Max made u:9 a speaker: x"),
        (entry("sanction", **MUTE), "Max muted Amina in this room: Shouting"),
        (
            entry("sanction", **{**MUTE, "action": "ban", "scope": "hub", "until": UNTIL_MS}),
            f"Max banned Amina in the whole hub until {calendar(UNTIL_MS)}: Shouting",
        ),
        (entry("floor", AMINA, action="ask", subject=AMINA, reason="Me"), "Amina asks for the floor: Me"),
        (entry("floor", AMINA, action="withdraw", subject=AMINA), "Amina no longer asks for the floor."),
        (entry("floor", action="give", subject=AMINA), "Max gave Amina the floor."),
        (entry("floor", action="refuse", subject=AMINA), "Max refused Amina the floor."),
        (entry("floor", action="take", subject=AMINA), "Max took the floor from Amina."),
        (entry("appeal", AMINA, of=4, text="Why?"), "Amina appeals against entry 4: Why?"),
        (entry("ruling", of=5, outcome="upheld", reason="So"), "Max ruled on appeal 5, upheld: So"),
    ],
)
def test_each_kind_of_entry_is_a_sentence(happened: dict[str, Any], told: str) -> None:
    assert sentence(happened) == told


def test_a_kind_from_the_future_is_told_as_such() -> None:
    assert "does not know" in sentence(entry("poll", question="?"))


HOSTILE = "a\x1b[2J\r\u202eb\x9b"


def texts_of(value: Any) -> Any:
    """The same entry with something hostile in every text that others choose."""
    if isinstance(value, dict):
        return {key: texts_of(inner) for key, inner in value.items()}
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize(
    "kind", ["message", "edit", "removal", "reaction", "mode", "role", "appeal", "ruling", "x"]
)
def test_nothing_that_others_wrote_reaches_the_terminal_as_a_command(kind: str) -> None:
    fields = {
        "text": "t", "reason": "r", "emoji": "e", "mode": "m", "previous": "p", "role": "r", "outcome": "o",
        "subject": AMINA, "target": 1, "of": 1, "on": True, "about": {"room": "r", "seq": 1},
        "reactions": {HOSTILE: 1},
    }  # fmt: skip
    by = {"id": "u:1", "name": HOSTILE, "kind": "person"}
    hostile = {**texts_of(fields), "seq": 1, "at": 0, "kind": kind, "by": by}
    shown = sentence(hostile) + line_of(hostile).plain
    assert not set("\x1b\r\u202e\x9b") & set(shown)


def test_a_message_keeps_its_lines() -> None:
    shown = line_of(entry("message", text="one\ntwo")).plain
    assert shown.endswith("Max  one\n          two")
