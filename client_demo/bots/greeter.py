"""A bot that welcomes people to the agora, in French and in English.

Run it by itself: `HUBBUB_URL=ws://127.0.0.1:8000/ws HUBBUB_TOKEN=… python client_demo/bots/greeter.py`,
with a token of `hubbub token --sub bot:greeter --name Accueil --kind bot`.
"""

import hashlib
import time
from typing import Final

from member import Frame, Member

DAY_SECONDS: Final = 86_400  # nobody is welcomed twice within one
AT_ONCE: Final = 3  # more people who come together than these find their way
PAUSE_SECONDS: Final = 20.0  # between two greetings: whoever comes in a crowd is not alone
REMEMBERED: Final = 10_000  # people, the latest ones

WELCOME: Final = (
    "Bienvenue, {names} ! Ici, chacun peut écrire ; le salon « Communiqués » est réservé aux annonces.\n"
    "Welcome, {names}! Everybody may write here; the room “Communiqués” is for announcements."
)


class Greeter(Member):
    """Greets each person once a day; what it said in the room itself tells it whom, also after a restart."""

    rooms = ("place/agora",)

    def __init__(self) -> None:
        super().__init__()
        self._greeted_at: dict[str, float] = {}  # by identity, oldest first
        self._said_at = -PAUSE_SECONDS

    async def found(self, room: str, entries: list[Frame]) -> None:
        for entry in entries:
            if entry["by"]["id"] == self.id:
                for id in (entry.get("data") or {}).get("greeted", []):
                    self._remember(id, entry["at"] / 1_000)

    async def came(self, room: str, people: list[Frame]) -> None:
        now = time.time()
        newcomers = [
            one
            for one in people
            if one["kind"] in ("person", "guest") and self._greeted_at.get(one["id"], 0) < now - DAY_SECONDS
        ]
        for one in newcomers:
            self._remember(one["id"], now)
        is_quiet = time.monotonic() < self._said_at + PAUSE_SECONDS
        if newcomers and len(newcomers) <= AT_ONCE and not is_quiet:
            self._said_at = time.monotonic()
            await self._greet(room, newcomers, int(now / DAY_SECONDS))

    async def _greet(self, room: str, people: list[Frame], day: int) -> None:
        ids = [one["id"] for one in people]
        # Isolated, so that a name that is written from right to left turns nothing but itself.
        names = ", ".join(f"\u2068{one['name']}\u2069" for one in people)
        mark = hashlib.sha256(repr((day, ids)).encode()).hexdigest()[:32]
        await self.say(room, WELCOME.format(names=names), id=f"greet-{mark}", data={"greeted": ids})

    def _remember(self, id: str, at: float) -> None:
        self._greeted_at.pop(id, None)
        self._greeted_at[id] = at
        if len(self._greeted_at) > REMEMBERED:
            del self._greeted_at[next(iter(self._greeted_at))]


if __name__ == "__main__":
    Greeter().run()
