"""What others wrote, made fit for a terminal.

Knows which characters move a cursor or turn a line around. Refuses to know where texts come from.
"""

import re
from typing import Final

# Controls (a terminal obeys them), line separators, what overrides or isolates a direction, surrogates.
_HARMFUL: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    """The text on one line, what a terminal would obey written out as an escape."""
    return _HARMFUL.sub(lambda found: repr(found[0])[1:-1], text)


def block(text: str, indent: int) -> str:
    """The text with its own line breaks, each line after the first indented; else as `one_line`."""
    return ("\n" + " " * indent).join(one_line(line) for line in text.splitlines() or [""])
