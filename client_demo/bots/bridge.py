"""A bot that carries what people say between two rooms, of one server or of two.

    HUBBUB_TOKEN_A=… HUBBUB_TOKEN_B=… python client_demo/bots/bridge.py \\
        https://one.example place/agora https://two.example forum/lobby

A token: `hubbub token --sub bot:bridge --name Passerelle --kind bot`. What it carries is marked in `data`,
and what is marked is never carried: bridges in a circle cannot loop, even where bots listen to bots.
"""

import asyncio
import os
import signal
import sys
from typing import Final

from hubbub import Bot, Message, SendTimeout

TEXT_CHARS: Final = 4_000  # of a message
MARK: Final = "carried_from"


def carry(here: Bot, there: Bot, room: str) -> None:
    """From now on what people say to `here` is said in a room of `there`."""

    @here.on_message()
    async def over(message: Message) -> None:
        if MARK in (message.data or {}):
            return
        text = f"{message.author}: {message.text}"[:TEXT_CHARS]
        mark = {MARK: {"room": message.room, "seq": message.seq}}
        while True:
            try:  # the same id: however often it is tried, it is said once
                id = f"carried-{message.epoch}-{message.seq}"[-64:]
                await there.hub.send(room, text, id=id, data=mark)
                return
            except SendTimeout:
                there.log.warning("%s takes nothing; trying again", room)


async def main(url_a: str, room_a: str, url_b: str, room_b: str) -> None:
    a = Bot(url_a, token=os.environ["HUBBUB_TOKEN_A"])
    b = Bot(url_b, token=os.environ["HUBBUB_TOKEN_B"])
    carry(a, b, room_b)
    carry(b, a, room_a)
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    async with asyncio.TaskGroup() as group:
        group.create_task(a.start([room_a], until=stop.wait()))
        group.create_task(b.start([room_b], until=stop.wait()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
