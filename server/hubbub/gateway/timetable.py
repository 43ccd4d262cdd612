"""When rooms change by themselves: a mode returns to its base, a sanction ends.

Knows one time per room. Refuses to know what happens then.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubbub.gateway.room import Room


class Timetable:
    """Rooms by the ms (store's clock) of their next change; only rooms that have one are in it."""

    def __init__(self) -> None:
        self._at_ms_by_room: dict[Room, int] = {}

    def put(self, room: "Room", at_ms: int | None) -> None:
        """The room's next change is at `at_ms`, or there is none."""
        if at_ms is None:
            self._at_ms_by_room.pop(room, None)
        else:
            self._at_ms_by_room[room] = at_ms

    def due(self, now_ms: int) -> list["Room"]:
        """The rooms whose time has come; they are taken out."""
        due = [room for room, at_ms in self._at_ms_by_room.items() if at_ms <= now_ms]
        for room in due:
            del self._at_ms_by_room[room]
        return due
