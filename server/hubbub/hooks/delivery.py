"""What is sent to a webhook next: entries in order, and what is missing between.

Knows the log and where the receiver is. Refuses to know how it is sent (courier) and who sends (lease).
"""

from dataclasses import dataclass

import msgspec

from hubbub.hooks.outgoing import Progress, Webhook
from hubbub.roomlog.client import Store
from hubbub.roomlog.epochs import last_common
from hubbub.roomlog.log import RoomLog

ENTRIES = 100
"""Of one delivery at most: what was written meanwhile to a receiver that takes a while."""


class Place(msgspec.Struct, frozen=True):
    """A place in a log."""

    epoch: str
    seq: int


class Gap(msgspec.Struct, frozen=True):
    """Entries after `since` up to `until` are not there, or no longer."""

    since: int
    until: int


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a delivery: all that is wanted after `after`, up to (`epoch`, `seq`)."""

    room: str
    epoch: str
    seq: int
    after: Place
    entries: list[msgspec.Raw]
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it would leave now; `body` is None where there is nothing that the receiver wants."""

    epoch: str
    seq: int
    body: bytes | None

    @property
    def id(self) -> str:
        """The same for the same entries sent again."""
        return f"{self.epoch}/{self.seq}"


async def next_delivery(log: RoomLog, store: Store, webhook: Webhook, progress: Progress) -> Delivery | None:
    """What follows, read from the log now, so that nothing removed is in it; None if nothing follows.

    Where `until` is set the delivery ends there, as it did when it was sent before.
    """
    after, until = progress.seq, progress.until
    reading = await log.read(webhook.room, after=after, most=ENTRIES)
    if reading is None:
        return None
    gap = None
    is_other = reading.numbers.epoch != progress.epoch
    if is_other:
        common = await last_common(store, webhook.room, progress.epoch)
        after, until = min(after, reading.numbers.seq if common is None else common), None
        gap = Gap(after, progress.seq) if after < progress.seq else None
        reading = await log.read(webhook.room, after=after, most=ENTRIES)
        if reading is None or reading.numbers.epoch == progress.epoch:
            return None  # another look will tell
    numbers, stands = reading.numbers, reading.stands
    reached = after
    if reading.from_seq > after + 1:  # trimmed before it could be sent
        reached = reading.from_seq - 1
        gap = Gap(after, max(reached, gap.until if gap else 0))
    wanted_stands = [stand for stand in stands if until is None or stand.seq <= until]
    reached = wanted_stands[-1].seq if wanted_stands else reached
    if reached == progress.seq and not is_other:
        return None
    entries = [msgspec.Raw(stand.body) for stand in wanted_stands if _is_wanted(webhook, stand.kind)]
    if not entries and gap is None and not is_other:
        return Delivery(numbers.epoch, reached, None)
    place = Place(progress.epoch, progress.seq)
    body = Body(webhook.room, numbers.epoch, reached, place, entries, gap)
    return Delivery(numbers.epoch, reached, msgspec.json.encode(body))


def _is_wanted(webhook: Webhook, kind: str) -> bool:
    """Whether the receiver wants a kind; who wants messages is told of those that were removed."""
    return not webhook.kinds or kind in webhook.kinds or (kind == "removed" and "message" in webhook.kinds)
