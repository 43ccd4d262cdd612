"""Where a program stands in the log of one room.

Knows epoch and seq, and what of the frames of a room is news. Refuses to know connections: `session` joins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Frame = dict[str, Any]


class Cursor:
    """A room that the program is in, or means to be; its position is that of the last entry taken."""

    def __init__(self, room: str, backlog: int) -> None:
        self.room = room
        self.backlog = backlog
        self.epoch: str | None = None
        self.seq = 0
        self.is_joined = False
        self.is_entering = False
        self.told: tuple[str, Mapping[str, bool]] | None = None
        self.state: Mapping[str, Any] = {}
        self.rights: Mapping[str, bool] = {}
        self.role = "participant"
        self.present = 0

    @property
    def position(self) -> Frame | None:
        """As `join` takes it; None before the first."""
        return None if self.epoch is None else {"epoch": self.epoch, "seq": self.seq}

    def enter(self, joined: Frame) -> None:
        """The room as `joined` shows it; the position is not touched."""
        self.is_joined = True
        self.state, self.rights = joined["state"], joined["rights"]
        self.role, self.present = joined["role"], joined["present"]

    def start(self, epoch: str, seq: int) -> None:
        """Reading goes on behind `seq`."""
        self.epoch, self.seq = epoch, seq

    def changed_by(self, entry: Frame) -> None:
        """The mode as an entry leaves it; the rest of the state is as of the last join."""
        if entry["kind"] == "mode":
            self.state = {**self.state, "mode": entry["mode"]}

    def has(self, epoch: str, seq: int) -> bool:
        """Whether an entry was taken already."""
        return epoch == self.epoch and seq <= self.seq

    def follows(self, epoch: str, seq: int) -> bool:
        """Whether an entry is the next one."""
        return epoch == self.epoch and seq == self.seq + 1
