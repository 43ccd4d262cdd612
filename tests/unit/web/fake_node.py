"""A node that keeps what it was asked and answers what it was told to."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from hubbub.domain.cards import HubCard, RoomState
from hubbub.domain.identity import Credentials
from hubbub.domain.refusals import Code
from hubbub.domain.state import ModeWord
from hubbub.protocol.frames import Append, History
from hubbub.protocol.outbound import Ack, HistoryPage, RoomCard

STATE: RoomState = {
    "mode": "agora",
    "base_mode": "agora",
    "mode_since": 1763846400000,
    "mode_by": {"id": "system", "kind": "system"},
    "mode_reason": "created",
}


class FakeNode:
    """Answers every call, unless it was given a fault to raise."""

    def __init__(self) -> None:
        self.is_ready = True
        self.has_store = True
        self.fault: Exception | None = None
        self.asked: list[Any] = []
        self.codes: list[Code] = []
        self.callers: list[Credentials] = []

    async def store_answers(self) -> bool:
        return self.has_store

    def metrics(self) -> str:
        return "hubbub_connections 3\n"

    def refused(self, code: Code) -> None:
        self.codes.append(code)

    async def execute(self, caller: Credentials, command: Append) -> Ack:
        self._note(caller, command)
        return Ack(ref=command.ref, room=command.room, epoch="k3", seq=58)

    async def history(self, caller: Credentials, command: History) -> HistoryPage:
        self._note(caller, command)
        entry = Raw(
            b'{"seq":41,"at":1,"kind":"message","id":"m1","by":{"id":"u:7","kind":"person"},"text":"Bonjour"}'
        )
        return HistoryPage(
            ref=command.ref, room=command.room, epoch="k3", as_of=57, first=1, entries=[entry], more=True
        )

    async def hubs(self, caller: Credentials) -> Sequence[HubCard]:
        self._note(caller, None)
        return [{"hub": "place", "role": "moderator", "rooms": 3}]

    async def rooms(self, caller: Credentials, hub: str) -> Sequence[RoomCard]:
        self._note(caller, hub)
        return [RoomCard(room=f"{hub}/agora", state=STATE, seq=58, present=12, messages=9)]

    async def create_room(
        self,
        caller: Credentials,
        hub: str,
        room: str,
        title: str,
        mode: ModeWord,
        topic: str | None,
        discussion: str | None,
    ) -> RoomState:
        self._note(caller, (hub, room, title, mode, topic, discussion))
        return {**STATE, "title": title, "mode": mode}

    async def admit_owner(self, caller: Credentials, room: str, deed: str) -> None:
        self._note(caller, (room, deed))

    def _note(self, caller: Credentials, question: Any) -> None:
        if self.fault is not None:
            raise self.fault
        self.callers.append(caller)
        self.asked.append(question)
