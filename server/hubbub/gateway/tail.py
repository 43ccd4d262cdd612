"""The newest entries of one room, contiguous up to its head, ready to be sent.

Knows sequence numbers, bodies and their frames, each made once per codec. Refuses to know readers,
rooms' states and the store: whoever feeds it what does not follow its head is told so.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from hubbub.domain import entries, limits
from hubbub.gateway.framing import framed
from hubbub.protocol.codecs import Codec
from hubbub.roomlog.stands import Stand

TAIL_ENTRIES = 1_024
"""Kept per room: as many as one resume may ask for, and a little."""

TAIL_BYTES = 1 << 20
"""Of bodies kept per room; a room of long texts keeps fewer entries."""


class Gap(Exception):
    """What came does not follow the head: entries in between are missing."""


class _Slot:
    """One entry; `frames` by codec name are made when first wanted."""

    __slots__ = ("body", "frames", "kind")

    def __init__(self, kind: str, body: bytes) -> None:
        self.kind = kind
        self.body = body
        self.frames: dict[str, bytes] = {}


class Tail:
    """Entries `first`..`head` of a room under one epoch; `first` is head + 1 where there are none."""

    def __init__(self, room: str, epoch: str, head: int) -> None:
        self.room = room
        self.epoch = epoch
        self.head = head
        self._slots: deque[_Slot] = deque()
        self._size_bytes = 0
        self._frame_parts: dict[str, tuple[bytes, bytes]] = {}

    @property
    def first(self) -> int:
        return self.head - len(self._slots) + 1

    def append(self, stand: Stand) -> bool:
        """Takes the next entry; False for one it has already, Gap for one beyond the next."""
        if stand.seq <= self.head:
            return False
        if stand.seq != self.head + 1:
            raise Gap(f"{self.room}: {stand.seq} does not follow {self.head}")
        self.head = stand.seq
        self._slots.append(_Slot(stand.kind, stand.body))
        self._size_bytes += len(stand.body)
        if stand.kind == entries.REMOVAL:
            self._erase(entries.decode(stand.body)["target"])
        while len(self._slots) > TAIL_ENTRIES or self._size_bytes > TAIL_BYTES:
            self._size_bytes -= len(self._slots.popleft().body)
        return True

    def stands(self, after: int, upto: int) -> list[Stand]:
        """The entries after+1..upto, all of which must be here."""
        return [
            Stand(seq, slot.kind, slot.body) for seq, slot in enumerate(self._between(after, upto), after + 1)
        ]

    def without_removed(self, stands: Sequence[Stand], as_of: int) -> list[Stand]:
        """Entries read from the log as of a seq, without the texts of what was removed since then.

        A removal may be heard while a reading is on its way; its text must not be sent any more.
        """
        newer = self._between(max(as_of, self.first - 1), self.head)
        removals = (slot for slot in newer if slot.kind == entries.REMOVAL)
        targets = {int(entries.decode(slot.body)["target"]) for slot in removals}
        return [_stand_in(stand, targets) for stand in stands] if targets else list(stands)

    def frames(self, codec: Codec, after: int) -> tuple[bytes, int]:
        """WebSocket frames of what follows `after`, at most one write's worth, and up to which seq."""
        chunks: list[bytes] = []
        size, upto = 0, after
        for slot in self._between(after, self.head):
            frame = slot.frames.get(codec.name)
            if frame is None:
                frame = slot.frames[codec.name] = self.frame(codec, slot.body)
            if chunks and size + len(frame) > limits.WRITE_CHUNK_BYTES:
                break
            chunks.append(frame)
            size += len(frame)
            upto += 1
        return b"".join(chunks), upto

    def frame(self, codec: Codec, body: bytes) -> bytes:
        """The push of one body of this room as a WebSocket frame."""
        parts = self._frame_parts.get(codec.name)
        if parts is None:
            parts = self._frame_parts[codec.name] = codec.entry_frame(self.room, self.epoch)
        return framed(parts[0] + codec.body(body) + parts[1], codec.is_binary)

    def _between(self, after: int, upto: int) -> Iterable[_Slot]:
        if after + 1 < self.first:
            raise Gap(f"{self.room}: {after + 1} is behind the tail, which begins at {self.first}")
        start = after + 1 - self.first
        if start <= len(self._slots) - 64:  # a deque is slow in the middle
            slots = list(self._slots)
            return slots[start : upto - self.first + 1]
        return [self._slots[i] for i in range(start, min(upto - self.first + 1, len(self._slots)))]

    def _erase(self, target: int) -> None:
        """Puts what stands there instead in the place of a removed message and of its edits."""
        for index, slot in enumerate(self._slots):
            instead = _stand_in(Stand(self.first + index, slot.kind, slot.body), {target})
            if instead.body is not slot.body:
                self._size_bytes += len(instead.body) - len(slot.body)
                slot.kind, slot.body = instead.kind, instead.body
                slot.frames.clear()


def _stand_in(stand: Stand, removed: set[int]) -> Stand:
    """The entry, or what stands in its place if it is, or edits, one of the removed messages."""
    if stand.kind == entries.MESSAGE and stand.seq in removed:
        return Stand(stand.seq, entries.REMOVED, entries.removed(entries.decode(stand.body)))
    if stand.kind == entries.EDIT:
        edit = entries.decode(stand.body)
        if edit["target"] in removed and "text" in edit:
            return Stand(stand.seq, entries.EDIT, entries.edit_without_text(edit))
    return stand
