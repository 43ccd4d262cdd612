"""Times as people write them, and as they are shown: `+30m`, `2026-12-24T18:00`, `18:05`.

Knows units and calendars. Refuses to know whose clock counts: "now" is handed to it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from hubbub.cli.faults import Unusable

_SPAN: Final = re.compile(r"\+(\d{1,6})([smhd])")
_UNIT_BY_LETTER: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def until_of(text: str) -> timedelta | datetime:
    """A span from now (`+90s`, `+30m`, `+2h`, `+1d`) or an ISO time, local if it names no zone."""
    span = _SPAN.fullmatch(text)
    if span is not None:
        return timedelta(**{_UNIT_BY_LETTER[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise Unusable(f"--until is a time such as 2026-12-24T18:00, or +30m, not {text!r}.") from None


def in_ms(until: timedelta | datetime, now_ms: int) -> int:
    """The moment in milliseconds since 1970 (UTC), spans counted from `now_ms`."""
    if isinstance(until, timedelta):
        return now_ms + until // timedelta(milliseconds=1)
    return (until - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def clock(at_ms: int) -> str:
    """The local time of day."""
    return _local(at_ms).strftime("%H:%M:%S")


def calendar(at_ms: int) -> str:
    """The local date and time, to the minute."""
    return _local(at_ms).strftime("%Y-%m-%d %H:%M")


def _local(at_ms: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone()
