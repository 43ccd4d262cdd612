"""A bot that repeats what follows `!echo`.

    HUBBUB_URL=http://127.0.0.1:8000 HUBBUB_TOKEN=… python client_demo/bots/echo.py place/agora

The token: `hubbub token --sub bot:echo --name Écho --kind bot`.
"""

import sys

from hubbub import Bot, Message

bot = Bot()


@bot.command("echo")
async def echo(message: Message, text: str) -> None:
    await message.reply(text)


if __name__ == "__main__":
    bot.run(rooms=sys.argv[1:] or ["place/agora"])
