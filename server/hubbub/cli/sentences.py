"""Entries of a room as sentences for people at a terminal.

Knows the kinds of section 4 of the protocol; of one that it does not know it says so. Refuses to know
colours and connections. What others wrote is made harmless here.
"""

from collections.abc import Mapping
from typing import Any

from hubbub.cli.moments import calendar
from hubbub.cli.words import one_line

Entry = Mapping[str, Any]


def sentence(entry: Entry) -> str:
    """What an entry says, on one line; messages too."""
    who = shown_name(entry["by"])
    match entry["kind"]:
        case "message":
            return f"{who}: {one_line(entry['text'])}{_to(entry)}"
        case "removed":
            return f"A message of {who} was removed."
        case "edit":
            text = f": {one_line(entry['text'])}" if "text" in entry else ", which was removed."
            return f"{who} changed message {entry['target']}{text}"
        case "removal":
            return f"{who} removed message {entry['target']}{_because(entry)}"
        case "reaction":
            verb, word = ("put", "on") if entry["on"] else ("took", "from")
            return f"{who} {verb} {one_line(entry['emoji'])} {word} message {entry['target']}."
        case "mode":
            return _mode(who, entry)
        case "settings":
            return _settings(who, entry)
        case "role":
            return f"{who} made {shown_name(entry['subject'])} {_a(entry['role'])}{_because(entry)}"
        case "sanction":
            return _sanction(who, entry)
        case "floor":
            return _floor(who, entry)
        case "appeal":
            return f"{who} appeals against entry {entry['of']}: {one_line(entry['text'])}"
        case "ruling":
            return f"{who} ruled on appeal {entry['of']}, {one_line(entry['outcome'])}{_because(entry)}"
        case unknown:
            return f"{who}: something of the kind {one_line(str(unknown))}, which this program does not know."


def shown_name(identity: Entry) -> str:
    """The name of an identity, or its id if it was never seen; what nobody did, the room did."""
    if identity["id"] == "system":
        return "The room"
    return one_line(identity.get("name") or identity["id"])


def _mode(who: str, entry: Entry) -> str:
    until = f", until {calendar(entry['until'])}" if "until" in entry else ""
    if entry["by"]["id"] == "system":
        return f"The room returned to {_mode_words(entry['mode'])}{until}{_because(entry)}"
    if entry["mode"] == entry["previous"]:
        return f"{who} kept the room in {_mode_words(entry['mode'])}{until}{_because(entry)}"
    return f"{who} switched the room to {_mode_words(entry['mode'])}{until}{_because(entry)}"


def _mode_words(mode: str) -> str:
    plain = {"announcement": "announcement (speakers only)", "agora": "agora (everybody may write)"}
    return plain.get(mode) or one_line(mode)


def _settings(who: str, entry: Entry) -> str:
    changes = []
    for name in ("title", "topic", "discussion"):
        if name in entry:
            changes.append(f"{name} to “{one_line(entry[name])}”" if entry[name] else f"no {name}")
    if "slow_ms" in entry:
        slow = f"{entry['slow_ms'] / 1000:g} s between messages" if entry["slow_ms"] else "off"
        changes.append(f"slow mode to {slow}")
    return f"{who} set {', '.join(changes) or 'something'}."


def _sanction(who: str, entry: Entry) -> str:
    verb = {"mute": "muted", "unmute": "unmuted", "ban": "banned", "unban": "unbanned"}[entry["action"]]
    scope = "in the whole hub" if entry["scope"] == "hub" else "in this room"
    until = f" until {calendar(entry['until'])}" if "until" in entry else ""
    return f"{who} {verb} {shown_name(entry['subject'])} {scope}{until}{_because(entry)}"


def _floor(who: str, entry: Entry) -> str:
    subject = shown_name(entry["subject"])
    match entry["action"]:
        case "ask":
            return f"{who} asks for the floor{_because(entry)}"
        case "withdraw":
            return f"{who} no longer asks for the floor."
        case "give":
            return f"{who} gave {subject} the floor{_because(entry)}"
        case "refuse":
            return f"{who} refused {subject} the floor{_because(entry)}"
        case _:
            return f"{who} took the floor from {subject}{_because(entry)}"


def _because(entry: Entry) -> str:
    return f": {one_line(entry['reason'])}" if entry.get("reason") else "."


def _to(entry: Entry) -> str:
    if "about" in entry:
        return f"  (about {one_line(entry['about']['room'])} {entry['about']['seq']})"
    return f"  (to {entry['reply_to']})" if "reply_to" in entry else ""


def _a(role: str) -> str:
    return f"an {role}" if role == "owner" else f"a {one_line(role)}"
