"""A bot that holds polls: `!poll 10 Lunch? | Pizza | Salad` is open for ten minutes, votes are reactions.

    HUBBUB_URL=http://127.0.0.1:8000 HUBBUB_TOKEN=… python client_demo/bots/poll.py place/agora

The token: `hubbub token --sub bot:poll --name Scrutin --kind bot`.
"""

import sys
from typing import Final

from hubbub import Bot, Message

LONGEST_MINUTES: Final = 24 * 60
DIGITS: Final = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣")

bot = Bot(concurrency="event")  # a poll that is open keeps nobody waiting


@bot.command("poll")
async def poll(message: Message, minutes: int, question: str) -> None:
    asked, *choices = (part.strip() for part in question.split("|"))
    if not (1 < len(choices) <= len(DIGITS) and 0 < minutes <= LONGEST_MINUTES):
        await message.reply("!poll <minutes> <question> | <choice> | <choice> …, of nine choices at most")
        return
    lines = [f"{digit} {choice}" for digit, choice in zip(DIGITS, choices, strict=False)]
    ballot = await message.reply("\n".join([asked, *lines]), question=True)
    for digit, _ in zip(DIGITS, choices, strict=False):
        await ballot.react(digit)  # to be pressed
    await bot.sleep(minutes * 60)
    (counted,) = await bot.hub.history(ballot.room, before=ballot.seq + 1, limit=1)
    votes = [counted.get("reactions", {}).get(digit, 1) - 1 for digit in DIGITS[: len(choices)]]
    result = ", ".join(f"{choice}: {count}" for choice, count in zip(choices, votes, strict=True))
    await ballot.reply(f"{asked} {result}")


if __name__ == "__main__":
    bot.run(rooms=sys.argv[1:] or ["place/agora"])
