"""A bot that welcomes each person once a day, in French and in English.

    HUBBUB_URL=http://127.0.0.1:8000 HUBBUB_TOKEN=… python client_demo/bots/greeter.py place/agora

The token: `hubbub token --sub bot:greeter --name Accueil --kind bot`. Whom it welcomed stands in the room: it
reads that when it is started, so it keeps no file.
"""

import sys
from typing import Final

from hubbub import Bot, Joined, Person

DAY_SECONDS: Final = 86_400
AT_ONCE: Final = 3  # greetings within the pause; who comes in a crowd is not alone
PAUSE_SECONDS: Final = 20
REMEMBERED: Final = 10_000  # people, the latest ones
WELCOME: Final = (
    "Bienvenue, {name} ! Ici, chacun peut écrire ; le salon « Communiqués » est réservé aux annonces.\n"
    "Welcome, {name}! Everybody may write here; the room “Communiqués” is for announcements."
)

bot = Bot()
came_at_by_room: dict[str, dict[str, float]] = {}  # by person, oldest first
said_at_by_room: dict[str, list[float]] = {}  # of the pause


@bot.on(Joined)
async def welcome(event: Joined) -> None:
    room, person, now = event.room, event.person, bot.now().timestamp()
    came_at = came_at_by_room[room] = came_at_by_room.get(room) or await greeted_before(room)
    if person.is_bot or came_at.pop(person.id, 0.0) > now - DAY_SECONDS:
        return
    came_at[person.id] = now
    if len(came_at) > REMEMBERED:
        del came_at[next(iter(came_at))]
    said_at = [at for at in said_at_by_room.get(room, []) if at > now - PAUSE_SECONDS]
    if len(said_at) < AT_ONCE:
        said_at_by_room[room] = [*said_at, now]
        await greet(room, person, day=int(now / DAY_SECONDS))


async def greeted_before(room: str) -> dict[str, float]:
    """The people of the newest greetings in a room, and when."""
    mine = [one for one in await bot.hub.history(room, limit=300) if one["by"]["id"] == bot.hub.me.id]
    return {id: one["at"] / 1_000 for one in mine for id in (one.get("data") or {}).get("greeted", [])}


async def greet(room: str, person: Person, day: int) -> None:
    name = f"\u2068{person}\u2069"  # isolated: one that is written from right to left turns only itself
    await bot.hub.send(room, WELCOME.format(name=name), data={"greeted": [person.id], "day": day})


if __name__ == "__main__":
    bot.run(rooms=sys.argv[1:] or ["place/agora"])
