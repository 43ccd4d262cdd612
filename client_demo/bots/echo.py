"""A bot that repeats what follows `!echo` in the agora.

Run it by itself: `HUBBUB_URL=ws://127.0.0.1:8000/ws HUBBUB_TOKEN=… python client_demo/bots/echo.py`,
with a token of `hubbub token --sub bot:echo --name Écho --kind bot`.
"""

from typing import Final

from member import Frame, Member

CALL: Final = "!echo "


class Echo(Member):
    """Answers people, never bots, so that two of its kind do not talk for ever."""

    rooms = ("place/agora",)

    async def heard(self, room: str, epoch: str, entry: Frame) -> None:
        if entry["kind"] != "message" or entry["by"]["kind"] == "bot" or not entry["text"].startswith(CALL):
            return
        said, seq = entry["text"].removeprefix(CALL).strip(), entry["seq"]
        if said:
            await self.say(room, said, id=f"echo-{epoch}-{seq}"[:64], reply_to=seq)


if __name__ == "__main__":
    Echo().run()
