"""Judges journal files: `python -m tests.support.checker FILE...`; exit code 1 if a promise was broken.

Knows no roles or first modes, so it judges modes only from the first switch on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.checker import check
from tests.support.journal import read_journals

if __name__ == "__main__":
    found = check(read_journals([Path(name) for name in sys.argv[1:]]))
    print("\n".join(found) or "Every promise was kept.")
    sys.exit(1 if found else 0)
