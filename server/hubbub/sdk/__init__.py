"""For programs: a bot in twelve lines, and the connection underneath.

    from hubbub import Bot, Message

    bot = Bot()                                  # HUBBUB_URL, HUBBUB_TOKEN

    @bot.command("echo")
    async def echo(message: Message, text: str) -> None:
        await message.reply(text)

    bot.run(rooms=["place/agora"])

Knows nothing of the server. What a program needs is re-exported by `hubbub`.
"""

import logging

from hubbub.sdk.awaited import FloorAnswer
from hubbub.sdk.bot import Bot
from hubbub.sdk.errors import (
    AuthError,
    Closed,
    HubbubError,
    NotFound,
    NotPermitted,
    ProtocolError,
    RateLimited,
    Refused,
    SendTimeout,
)
from hubbub.sdk.events import (
    Disconnected,
    EntryEvent,
    Event,
    FloorGranted,
    FloorRefused,
    FloorRequested,
    FloorRevoked,
    FloorWithdrawn,
    Gap,
    Joined,
    Left,
    LeftRoom,
    Message,
    MessageEdited,
    MessageRemoved,
    ModeChanged,
    Person,
    Presence,
    Reaction,
    Ready,
    Resumed,
    RightsChanged,
    RoleChanged,
    RoomEvent,
    Sanctioned,
    SettingsChanged,
    Typing,
)
from hubbub.sdk.hub import Hub, connect
from hubbub.sdk.router import Router

__all__ = [
    "AuthError",
    "Bot",
    "Closed",
    "Disconnected",
    "EntryEvent",
    "Event",
    "FloorAnswer",
    "FloorGranted",
    "FloorRefused",
    "FloorRequested",
    "FloorRevoked",
    "FloorWithdrawn",
    "Gap",
    "Hub",
    "HubbubError",
    "Joined",
    "Left",
    "LeftRoom",
    "Message",
    "MessageEdited",
    "MessageRemoved",
    "ModeChanged",
    "NotFound",
    "NotPermitted",
    "Person",
    "Presence",
    "ProtocolError",
    "RateLimited",
    "Reaction",
    "Ready",
    "Refused",
    "Resumed",
    "RightsChanged",
    "RoleChanged",
    "RoomEvent",
    "Router",
    "Sanctioned",
    "SendTimeout",
    "SettingsChanged",
    "Typing",
    "connect",
]

logging.getLogger("hubbub").addHandler(logging.NullHandler())
