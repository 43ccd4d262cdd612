"""When rooms change by themselves: a mode returns to its base, a sanction ends.

Knows one time per room. Refuses to know what happens then.
"""

import heapq
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubbub.gateway.room import Room

STALE_TIMES = 64
"""Times kept that no longer hold, beside one for each room that has one; beyond them all are sorted anew."""


class Timetable:
    """Rooms by the ms (store's clock) of their next change; only rooms that have one are in it.

    Asking costs nothing as long as nothing is due, however many rooms wait.
    """

    def __init__(self) -> None:
        self._at_ms_by_room: dict[Room, int] = {}
        self._soonest: list[tuple[int, int, Room]] = []  # a heap; the number decides between equal times
        self._numbers = itertools.count()

    def put(self, room: "Room", at_ms: int | None) -> None:
        """The room's next change is at `at_ms`, or there is none."""
        if at_ms is None:
            self._at_ms_by_room.pop(room, None)
        elif self._at_ms_by_room.get(room) != at_ms:
            self._at_ms_by_room[room] = at_ms
            heapq.heappush(self._soonest, (at_ms, next(self._numbers), room))
        if len(self._soonest) > 2 * len(self._at_ms_by_room) + STALE_TIMES:
            held = self._at_ms_by_room.items()
            self._soonest = [(at_ms, next(self._numbers), room) for room, at_ms in held]
            heapq.heapify(self._soonest)

    def due(self, now_ms: int) -> list["Room"]:
        """The rooms whose time has come; they are taken out."""
        due = []
        while self._soonest and self._soonest[0][0] <= now_ms:
            at_ms, _, room = heapq.heappop(self._soonest)
            if self._at_ms_by_room.get(room) == at_ms:
                del self._at_ms_by_room[room]
                due.append(room)
        return due
