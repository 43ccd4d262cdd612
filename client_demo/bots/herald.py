"""A bot that publishes the items of a feed file in a room, one after the other.

    HUBBUB_TOKEN=… python client_demo/bots/herald.py news.xml place/communiques

RSS, Atom, or a line of JSON an item; the file is read again before each. The token for an announcement room:
`hubbub token --sub bot:herald --name Héraut --kind bot --role place=speaker`. What it published stands in the
room, by id: it goes on there after a restart, and keeps no file.
"""

import hashlib
import sys
from pathlib import Path
from typing import Final

import feed
from hubbub import Bot

LOOK_SECONDS: Final = 20  # between two looks at the file: soon enough that a newcomer sees one arrive
PAUSE_SECONDS: Final = 300  # between two items: people read other things, too
REMEMBERED_PAGES: Final = 10  # of 300 entries each, of the room's log
TEXT_CHARS: Final = 4_000  # of a message

bot = Bot()
file, room = Path(__file__).with_name("bulletins.jsonl"), "place/communiques"
published: dict[str, float] = {}  # when, by the id of an item


@bot.every(LOOK_SECONDS)
async def publish_next() -> None:
    if not published:
        await remember()
    now = bot.now().timestamp()
    due = [item for item in feed.items(file) if item.id not in published]
    if not due or max(published.values(), default=0.0) > now - PAUSE_SECONDS:
        return
    item = due[0]
    mark = hashlib.sha256(item.id.encode()).hexdigest()[:32]  # the same item is the same message
    await bot.hub.send(room, item.text[:TEXT_CHARS], id=f"item-{mark}", data={"item": item.id})
    published[item.id] = now


async def remember() -> None:
    """Reads which items are in the room already."""
    before = None
    for _ in range(REMEMBERED_PAGES):
        page = await bot.hub.history(room, before=before, limit=300)
        for entry in page:
            if entry["by"]["id"] == bot.hub.me.id and "item" in (entry.get("data") or {}):
                published.setdefault(entry["data"]["item"], entry["at"] / 1_000)
        if not page or page[0]["seq"] == 1:
            break
        before = page[0]["seq"]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        file, room = Path(sys.argv[1]), sys.argv[2]
    bot.run(rooms=[room])
