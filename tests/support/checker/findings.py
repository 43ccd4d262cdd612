"""Knows how to keep sentences about broken promises, within a bound; refuses to know the promises."""

from __future__ import annotations

from typing import Final

# One fault often shows a thousand times; the first hundred tell what it is.
MAX_SENTENCES: Final = 100


class Findings:
    """Sentences, each one a promise seen broken. Only the first hundred are kept; all are counted."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._count = 0

    def add(self, sentence: str) -> None:
        """Keep one more sentence."""
        self._count += 1
        if len(self._sentences) < MAX_SENTENCES:
            self._sentences.append(sentence)

    def sentences(self) -> list[str]:
        """Return what was found; a last sentence says how many more there were."""
        more = self._count - len(self._sentences)
        return [*self._sentences, *([f"… and {more} more"] if more else [])]
