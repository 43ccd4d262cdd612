"""A program for checkers of types, never run: what mypy and pyright must take, and what they must refuse.

Each mistake says which one it is; both checkers call a mistake that they do not find an error.
"""

from __future__ import annotations

import hubbub
from hubbub import Bot, Event, FloorAnswer, Gap, Message, ModeChanged, connect

bot = Bot("http://127.0.0.1:8000", token="t")


@bot.on(ModeChanged)
async def on_mode(event: ModeChanged) -> None:
    mode: str = event.mode
    until: int | None = event.until
    print(mode, until, hubbub.Nothing)  # type: ignore[attr-defined]


@bot.on(ModeChanged)
async def on_any(event: Event) -> None: ...


@bot.on(Message, room="place/agora")
async def on_message(message: Message) -> None:
    answer: Message = await message.reply("hello")
    number: int = answer.text  # type: ignore[assignment]
    print(number)


@bot.on(ModeChanged)  # type: ignore[arg-type]
async def on_another(message: Message) -> None: ...


@bot.on(Message)  # type: ignore[arg-type]
def not_async(message: Message) -> None: ...


@bot.command("add")
async def add(message: Message, one: int, other: int = 2) -> None: ...


@bot.on_message(r"(\d+)")
async def number(message: Message, digits: str) -> None: ...


@bot.command("mode")  # type: ignore[arg-type]
async def command_of_another(event: ModeChanged) -> None: ...


@bot.on_message()  # type: ignore[arg-type]
async def without_a_message() -> None: ...


@bot.every(60)
async def job() -> None: ...


@bot.on_error
async def failed(event: Event | None, fault: Exception) -> None: ...


async def main() -> None:
    async def token() -> str:
        return "fresh"

    async with connect(token=token, rooms=["place/agora"]) as hub:
        await hub.set_mode("place/agora", "announcement", reason="Talk")
        await hub.set_mode("place/agora", "silence", reason="Talk")  # type: ignore[arg-type]
        await hub.set_mode("place/agora", "agora")  # type: ignore[call-arg]
        answer: FloorAnswer = await (await hub.request_floor("place/agora"))
        print(answer.author)
        gap: Gap = await bot.wait_for(Gap)
        print(gap.since, gap.text)  # type: ignore[attr-defined]
        async for event in hub:
            match event:
                case Message(text="!ping"):
                    await hub.send(event.room, "pong", reply_to=event.seq)
                case Gap(room=room):
                    print("missed messages in", room)
                case _:
                    pass
