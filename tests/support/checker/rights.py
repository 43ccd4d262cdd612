"""Knows who may write at each place of a log, folded from the log itself; refuses to know what was asked.

Entries of another room that work hub-wide (grants, hub-wide sanctions) are not seen here: give the roles
that hold for the whole run as `role_by_identity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from tests.support.checker.findings import Findings

Entry: TypeAlias = dict[str, Any]

MAY_ALWAYS_SPEAK: Final = frozenset({"speaker", "moderator", "owner"})
WRITINGS: Final = frozenset({"message", "removed", "edit"})


class Rights:
    """Mode, floor, roles and sanctions of one room, as of the entry folded last."""

    def __init__(self, mode: str | None, role_by_identity: Mapping[str, str]) -> None:
        self.mode = mode
        self._role_by_identity = dict(role_by_identity)
        self._floor: set[str] = set()
        self._until_by_sanction: dict[tuple[str, str, str], float] = {}

    def refusal(self, entry: Entry) -> str | None:
        """Return why this entry should not be here, or None."""
        if entry["kind"] not in WRITINGS:
            return None
        author = entry["by"]["id"]
        for (subject, action, scope), until in self._until_by_sanction.items():
            if subject == author and entry["at"] < until:
                return f"its author is under a {action} ({scope})"
        is_heard = self._role_by_identity.get(author) in MAY_ALWAYS_SPEAK or author in self._floor
        if self.mode == "announcement" and not is_heard:
            return "the room is in announcement mode"
        return None

    def fold(self, entry: Entry) -> None:
        """Take one more entry."""
        match entry["kind"]:
            case "mode":
                if entry["mode"] != entry["previous"]:
                    self._floor.clear()
                self.mode = entry["mode"]
            case "role":
                self._role_by_identity[entry["subject"]["id"]] = entry["role"]
            case "floor":
                self._fold_floor(entry["subject"]["id"], entry["action"])
            case "sanction":
                self._fold_sanction(entry)
            case _:
                pass

    def _fold_floor(self, subject: str, action: str) -> None:
        if action == "give":
            self._floor.add(subject)
        elif action in ("take", "withdraw"):
            self._floor.discard(subject)

    def _fold_sanction(self, entry: Entry) -> None:
        subject, action, scope = entry["subject"]["id"], entry["action"], entry["scope"]
        if action in ("mute", "ban"):
            self._until_by_sanction[subject, action, scope] = entry.get("until", float("inf"))
            if scope == "room":
                self._floor.discard(subject)
        else:
            self._until_by_sanction.pop((subject, action.removeprefix("un"), scope), None)


def check_rights(
    where: str,
    entries: list[Entry],
    first_mode: str | None,
    role_by_identity: Mapping[str, str],
    findings: Findings,
) -> None:
    """Find writings of those who may not, wrong `previous` modes, and times that go back.

    `entries` ascend by seq. `first_mode` is the mode the room was made with; it counts only if the entries
    begin with seq 1, otherwise the `previous` of the first `mode` entry does.
    """
    begins_at_one = bool(entries) and entries[0]["seq"] == 1
    modes = [entry for entry in entries if entry["kind"] == "mode"]
    known = first_mode if begins_at_one and first_mode else modes[0]["previous"] if modes else None
    rights = Rights(known, role_by_identity)
    newest_at = 0
    for entry in entries:
        refusal = rights.refusal(entry)
        if refusal is not None:
            findings.add(
                f"{where}: {entry['kind']} {entry['seq']} of {entry['by']['id']} is there, but {refusal}"
            )
        if entry["kind"] == "mode" and rights.mode not in (None, entry["previous"]):
            findings.add(
                f"{where}: mode {entry['seq']} says it was {entry['previous']}, but it was {rights.mode}"
            )
        if entry["at"] < newest_at:
            findings.add(f"{where}: the time of {entry['seq']} goes back by {newest_at - entry['at']} ms")
        newest_at = max(newest_at, entry["at"])
        rights.fold(entry)
