"""A bot that publishes the announcements of the place, in French and in English.

Run it by itself: `HUBBUB_URL=ws://127.0.0.1:8000/ws HUBBUB_TOKEN=… python client_demo/bots/herald.py`,
with a token of `hubbub token --sub bot:herald --name Héraut --kind bot --role place=speaker`.
"""

import asyncio
import time
from typing import Final

from member import Frame, Member

ROOM: Final = "place/communiques"
FIRST_SECONDS: Final = 20.0  # soon enough that a newcomer sees one arrive
PAUSE_SECONDS: Final = 300.0  # between two of them
AT_MOST: Final = 12  # in one life: after an hour it has said enough

BULLETINS: Final = (
    (
        "Le petit déjeuner des nouveaux membres a lieu jeudi à 8 h 30, à la Halle. Dix places restent.",
        "Breakfast for new members: Thursday, 8:30, at the Halle. Ten places are left.",
    ),
    (
        "Le compte rendu de l’assemblée est en ligne ; les corrections sont les bienvenues jusqu’à vendredi.",
        "The minutes of the assembly are online; corrections are welcome until Friday.",
    ),
    (
        "Mentorat : quatorze binômes sont formés. Il manque une personne qui connaisse les marchés publics.",
        "Mentoring: fourteen pairs are matched. We still look for somebody who knows public procurement.",
    ),
    (
        "La permanence juridique de mardi passe en visioconférence. Le lien vient avec la confirmation.",
        "Tuesday’s legal clinic moves online. The link comes with your confirmation.",
    ),
    (
        "Trois nouvelles offres dans l’annuaire : logistique à Lille, traduction à distance, paie à Nantes.",
        "Three new offers in the directory: logistics in Lille, remote translation, payroll in Nantes.",
    ),
    (
        "L’atelier « Fixer ses prix » affiche complet. Une seconde date est ouverte le 9.",
        "The workshop “Setting your prices” is full. There is a second date, on the 9th.",
    ),
    (
        "La cotisation ne change pas l’an prochain : le conseil l’a décidé hier, à l’unanimité.",
        "Membership fees stay the same next year: the board decided so yesterday, unanimously.",
    ),
    (
        "Merci aux 46 personnes qui ont répondu au sondage. Les résultats arrivent lundi.",
        "Thank you to the 46 people who answered the survey. Results come on Monday.",
    ),
    (
        "Prochaine table ronde : le temps partiel choisi. Posez vos questions dans l’Agora.",
        "Next week’s round table is about part-time work by choice. Put your questions into the Agora.",
    ),
    (
        "Le local ferme à 17 h ce soir, le temps d’une réparation.",
        "Our rooms close at 17:00 today, for a repair.",
    ),
)


class Herald(Member):
    """Takes turns through its bulletins; what it published last tells it where to go on after a restart."""

    rooms = (ROOM,)

    def __init__(self) -> None:
        super().__init__()
        self._is_there = asyncio.Event()
        self._next = 0
        self._last_at = 0.0

    async def found(self, room: str, entries: list[Frame]) -> None:
        for entry in entries:
            number = (entry.get("data") or {}).get("bulletin")
            if entry["by"]["id"] == self.id and isinstance(number, int):
                self._next, self._last_at = number + 1, entry["at"] / 1_000
        self._is_there.set()

    async def live(self) -> None:
        await self._is_there.wait()
        await asyncio.sleep(
            max(FIRST_SECONDS, min(self._last_at + PAUSE_SECONDS - time.time(), PAUSE_SECONDS))
        )
        for _ in range(AT_MOST):
            number, self._next = self._next, self._next + 1
            text = "\n".join(BULLETINS[number % len(BULLETINS)])
            await self.say(ROOM, text, id=f"bulletin-{number}", data={"bulletin": number})
            await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    Herald().run()
