"""What a program does in a room: everything of it is an entry of the log in the end.

Knows the commands of the protocol (section 5) as calls. Refuses to know how they are settled: `sending` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast

from hubbub.sdk.awaited import FloorAnswer
from hubbub.sdk.events import Message
from hubbub.sdk.sending import SEND_SECONDS, Sending
from hubbub.sdk.session import Session

Frame = dict[str, Any]
Mode = Literal["agora", "announcement"]
Scope = Literal["room", "hub"]


class Acting:
    """The half of a `Hub` that changes rooms. Calls raise Refused, SendTimeout, Closed."""

    def __init__(self, session: Session, sending: Sending) -> None:
        self._session = session
        self._sending = sending

    # -- Speaking --------------------------------------------------------------------------------

    async def send(
        self,
        room: str,
        text: str,
        *,
        reply_to: int | None = None,
        about: tuple[str, int] | None = None,
        question: bool = False,
        data: Mapping[str, Any] | None = None,
        id: str | None = None,
        timeout_seconds: float = SEND_SECONDS,
    ) -> Message:
        """Publishes a message; returns it as the log has it. `about` is an announcement: `(room, seq)`."""
        command: Frame = {"t": "publish", "room": room, "text": text}
        if about is not None:
            command["about"] = {"room": about[0], "seq": about[1]}
        if question:
            command["question"] = True
        optional = {"reply_to": reply_to, "data": data, "id": id}
        command |= {name: value for name, value in optional.items() if value is not None}
        return await self._sending.publish(command, timeout_seconds)

    async def edit(self, room: str, seq: int, text: str) -> None:
        """Another text for a message of the program's own."""
        await self._append("edit", room, target=seq, text=text)

    async def remove(self, room: str, seq: int, reason: str | None = None) -> None:
        """Erases a message; of somebody else it takes a moderator and a reason."""
        await self._append("remove", room, target=seq, reason=reason)

    async def react(self, room: str, seq: int, emoji: str, on: bool = True) -> None:
        """Reacts with one emoji, or takes the reaction back."""
        await self._append("react", room, target=seq, emoji=emoji, on=on)

    async def typing(self, room: str) -> None:
        """Shows that a message is being made; lost without harm."""
        await self._session.push({"t": "typing", "room": room})

    async def seen(self, room: str, seq: int) -> None:
        """Says that the room has been read up to here."""
        await self._session.push({"t": "seen", "room": room, "seq": seq})

    # -- The floor -------------------------------------------------------------------------------

    async def request_floor(self, room: str, reason: str | None = None) -> asyncio.Future[FloorAnswer]:
        """Asks to speak in an announcement room; what it returns can be awaited for the answer.

        That is FloorGranted, FloorRefused, FloorRevoked or FloorWithdrawn of this program, or the
        ModeChanged that ended all asks. Awaiting it raises HubbubError where the answer was missed.
        """
        answer = self._session.reading.awaited.floor(room)
        try:
            await self._append("floor", room, action="ask", reason=reason)
        except BaseException:
            answer.cancel()
            raise
        return cast("asyncio.Future[FloorAnswer]", answer)

    async def withdraw_floor(self, room: str) -> None:
        """Asks no longer, or gives the floor back."""
        await self._append("floor", room, action="withdraw")

    async def give_floor(self, room: str, subject: str, reason: str | None = None) -> None:
        """Lets somebody speak."""
        await self._append("floor", room, action="give", subject=subject, reason=reason)

    async def refuse_floor(self, room: str, subject: str, reason: str | None = None) -> None:
        """Answers an ask with no."""
        await self._append("floor", room, action="refuse", subject=subject, reason=reason)

    async def take_floor(self, room: str, subject: str, reason: str | None = None) -> None:
        """Ends somebody's turn."""
        await self._append("floor", room, action="take", subject=subject, reason=reason)

    # -- Moderating ------------------------------------------------------------------------------

    async def set_mode(self, room: str, mode: Mode, *, reason: str, until: datetime | None = None) -> None:
        """Switches who may speak; with `until` the room returns to its base mode by itself then."""
        await self._append("mode", room, mode=mode, reason=reason, until=_ms(until))

    async def settings(self, room: str, **changed: str | int) -> None:
        """Changes `title`, `topic`, `discussion` or `slow_ms`; "" unsets."""
        await self._append("settings", room, **changed)

    async def slow_mode(self, room: str, seconds: float) -> None:
        """The least time between two messages of one author; 0 is off."""
        await self.settings(room, slow_ms=round(seconds * 1000))

    async def grant(self, room: str, subject: str, role: str, *, reason: str) -> None:
        """Gives somebody a role in the room's hub."""
        await self._append("grant", room, subject=subject, role=role, reason=reason)

    async def mute(
        self, room: str, subject: str, *, reason: str, until: datetime | None = None, scope: Scope = "room"
    ) -> None:
        """Lets somebody only read."""
        await self._sanction(room, "mute", subject, reason, until, scope)

    async def unmute(self, room: str, subject: str, *, reason: str, scope: Scope = "room") -> None:
        """Lifts a mute of the same scope."""
        await self._sanction(room, "unmute", subject, reason, None, scope)

    async def ban(
        self, room: str, subject: str, *, reason: str, until: datetime | None = None, scope: Scope = "room"
    ) -> None:
        """Keeps somebody out."""
        await self._sanction(room, "ban", subject, reason, until, scope)

    async def unban(self, room: str, subject: str, *, reason: str, scope: Scope = "room") -> None:
        """Lifts a ban of the same scope."""
        await self._sanction(room, "unban", subject, reason, None, scope)

    async def _sanction(
        self, room: str, action: str, subject: str, reason: str, until: datetime | None, scope: Scope
    ) -> None:
        await self._append(
            "sanction", room, action=action, subject=subject, reason=reason, scope=scope, until=_ms(until)
        )

    async def _append(self, t: str, room: str, **fields: Any) -> None:
        given = {name: value for name, value in fields.items() if value is not None}
        await self._sending.append({"t": t, "room": room, **given})


def _ms(until: datetime | None) -> int | None:
    return None if until is None else round(until.timestamp() * 1000)
