"""One frame of every kind, by the name it has in `tests/golden/frames.json`.

Where a frame can look in more than one way, there is one of each.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from hubbub.domain import cards
from hubbub.domain.identity import Identity
from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Code, Refusal
from hubbub.protocol import frames
from hubbub.protocol.codecs import Codec

ROOM = "place/agora"
STORED = (
    '{"seq":58,"at":1763846400456,"kind":"message","id":"m1",'
    '"by":{"id":"u:42","name":"Amina","kind":"person"},"text":"Été 👍"}'
)

CLIENT: dict[str, frames.ClientFrame] = {
    "hello with a token": frames.Hello(ref=1, token="eyJh.eyJz.sig"),
    "hello of a guest": frames.Hello(ref=1, name="Amina"),
    "hello, quiet": frames.Hello(ref=1, token="eyJh.eyJz.sig", quiet=True),
    "ping": frames.Ping(ref=2),
    "pong": frames.Pong(),
    "watch": frames.Watch(ref=2, hub="place"),
    "unwatch": frames.Unwatch(ref=3, hub="place"),
    "join": frames.Join(ref=3, room=ROOM, limit=0),
    "join, resuming": frames.Join(ref=3, room=ROOM, after=frames.Position("k3", 41)),
    "leave": frames.Leave(ref=4, room=ROOM),
    "history": frames.History(ref=5, room=ROOM, before=42, limit=300),
    "history, newest": frames.History(ref=5, room=ROOM),
    "publish": frames.Publish(ref=6, room=ROOM, text="Qu'en pensez-vous ?", id="01J", question=True),
    "publish, everything": frames.Publish(
        ref=4_294_967_295,
        room=ROOM,
        text="Oui 👍🏽",
        id="01K",
        reply_to=57,
        about=frames.About("place/communiques", 12),
        data={"lang": "fr", "poll": [1, 2.5, True, None]},
        epoch="k3",
    ),
    "edit": frames.Edit(ref=7, room=ROOM, target=58, text="Mieux", id="e1", epoch="k3"),
    "remove": frames.Remove(ref=8, room=ROOM, target=58, reason="Off topic"),
    "react": frames.React(ref=9, room=ROOM, target=58, emoji="👍🏽", on=True),
    "mode": frames.Mode(ref=10, room=ROOM, mode="announcement", reason="Talk starts", until=1763850000000),
    "settings": frames.Settings(ref=11, room=ROOM, title="Agora", topic="", slow_ms=5000),
    "grant": frames.Grant(ref=12, room=ROOM, subject="u:42", role="moderator", reason="Elected"),
    "sanction": frames.Sanction(
        ref=13, room=ROOM, action="mute", subject="u:7", reason="Insults", scope="hub", until=1763850000000
    ),
    "floor, asked for": frames.Floor(ref=14, room=ROOM, action="ask", reason="I was there"),
    "floor, given": frames.Floor(ref=15, room=ROOM, action="give", subject="u:7"),
    "typing": frames.Typing(room=ROOM),
    "who": frames.Who(ref=16, room=ROOM, after="u:41"),
    "people": frames.People(ref=17, hub="place", of="sanctions"),
    "seen": frames.Seen(room=ROOM, seq=58),
}

_RIGHTS: cards.RightsCard = {"publish": True, "reply": True, "react": True, "floor": False, "moderate": False}
_AMINA: cards.Present = {"id": "u:42", "name": "Amina", "kind": "person", "role": "owner"}
_BY: cards.Person = {"id": "u:42", "name": "Amina", "kind": "person"}
_STATE: cards.RoomState = {
    "title": "Agora",
    "mode": "agora",
    "base_mode": "agora",
    "mode_since": 1763846400000,
    "mode_by": _BY,
    "mode_reason": "created",
}

_OMAR: cards.Person = {"id": "u:7", "name": "Omar", "kind": "person"}
_AT = 1763846400456
ENTRIES: tuple[dict[str, Any], ...] = (
    {
        **{"seq": 59, "at": _AT, "kind": "message", "id": "m2", "by": _BY, "text": "Oui ?"},
        **{"reply_to": 57, "about": {"room": "place/communiques", "seq": 12}, "question": True},
        **{"data": {"lang": "fr"}, "edited": _AT + 1000, "reactions": {"👍": 3}, "mine": ["👍"]},
    },
    {"seq": 60, "at": _AT, "kind": "removed", "by": _BY},
    {"seq": 61, "at": _AT, "kind": "edit", "by": _BY, "target": 58, "text": "Mieux"},
    {"seq": 62, "at": _AT, "kind": "removal", "by": _BY, "target": 60, "reason": "Off topic"},
    {"seq": 63, "at": _AT, "kind": "reaction", "by": _BY, "target": 58, "emoji": "👍", "on": True},
    {
        **{"seq": 64, "at": _AT, "kind": "mode", "by": _BY, "mode": "announcement", "previous": "agora"},
        **{"reason": "Talk starts", "until": 1763850000000},
    },
    {"seq": 65, "at": _AT, "kind": "settings", "by": _BY, "topic": "", "slow_ms": 5000},
    {
        **{"seq": 66, "at": _AT, "kind": "role", "by": _BY, "subject": _OMAR, "role": "speaker"},
        "reason": "Elected",
    },
    {
        **{"seq": 67, "at": _AT, "kind": "sanction", "by": _BY, "action": "mute", "scope": "hub"},
        **{"subject": {"id": "u:8", "kind": "person"}, "reason": "Insults", "until": 1763850000000},
    },
    {
        **{"seq": 68, "at": _AT, "kind": "floor", "by": _OMAR, "action": "ask", "subject": _OMAR},
        "reason": "I was there",
    },
)


def _pushed(entry: dict[str, Any]) -> Callable[[Codec], frames.ServerFrame]:
    return lambda codec: frames.EntryPush(room=ROOM, epoch="k3", e=Raw(codec.encode_part(entry)))


SERVER: dict[str, Callable[[Codec], frames.ServerFrame]] = {
    "welcome": lambda codec: frames.Welcome(
        ref=1,
        identity=Identity("guest:5r", "Amina", "guest").card(),
        token="eyJh.eyJn.sig",
        node="n-7f3",
        version="1",
        server_time=1763846400123,
        ping_ms=25_000,
        limits=Limits(publish_burst=None, publish_per_s=None),
        features=("quiet",),
    ),
    "ping": lambda codec: frames.PingPush(),
    "pong": lambda codec: frames.PongReply(ref=2),
    "ack": lambda codec: frames.Ack(ref=6, room=ROOM, epoch="k3", seq=58),
    "ack of a duplicate": lambda codec: frames.Ack(ref=6, room=ROOM, epoch="k3", seq=58, duplicate=True),
    "ack of unwatch": lambda codec: frames.Ack(ref=3),
    "nack": lambda codec: frames.nack(0, Refusal(Code.BAD_REQUEST, "t is missing or no string")),
    "nack, everything": lambda codec: frames.nack(
        6,
        Refusal(
            Code.ANNOUNCEMENT_ONLY,
            "Only speakers publish here.",
            {"mode": "announcement", "by": _BY, "reason": "Talk starts", "since": 1763846400000},
            ("floor", "about"),
        ),
    ),
    "nack, temporary": lambda codec: frames.nack(6, Refusal(Code.SLOW_MODE, "Too soon.", retry_ms=1500)),
    "nack, to be retried": lambda codec: frames.nack(
        6, Refusal(Code.UNKNOWN_OUTCOME, "No answer."), id="01J"
    ),
    "watching": lambda codec: frames.Watching(
        ref=2,
        hub="place",
        role="participant",
        rooms=[
            frames.RoomCard(room=ROOM, state=_STATE, seq=58, present=12, seen=41, messages=9),
            frames.RoomCard(room="place/new", state=_STATE, seq=0, present=0, messages=0),
        ],
    ),
    "heads": lambda codec: frames.Heads(hub="place", rooms={ROOM: frames.Head(59, 1)}),
    "room": lambda codec: frames.RoomChanged(room=ROOM, state=_STATE),
    "joined": lambda codec: frames.Joined(
        ref=3,
        room=ROOM,
        state=Raw(codec.encode_part(_STATE)),
        role="participant",
        rights=_RIGHTS,
        epoch="k3",
        seq=58,
        first=1,
        recovered=False,
        entries=codec.array([codec.body(STORED.encode())]),
        present=12,
    ),
    "left": lambda codec: frames.Left(ref=4, room=ROOM),
    "left, pushed": lambda codec: frames.Left(room=ROOM, reason="banned"),
    "history": lambda codec: frames.HistoryPage(
        ref=5,
        room=ROOM,
        epoch="k3",
        as_of=58,
        first=1,
        entries=[Raw(codec.body(STORED.encode())), Raw(codec.body(STORED.encode()))],
        more=False,
    ),
    "entry": lambda codec: frames.EntryPush(room=ROOM, epoch="k3", e=Raw(codec.body(STORED.encode()))),
    **{f"entry, {entry['kind']}": _pushed(entry) for entry in ENTRIES},
    "typing": lambda codec: frames.TypingPush(room=ROOM, who=[{"id": "u:42", "name": "Amina"}]),
    "who": lambda codec: frames.WhoPage(ref=16, room=ROOM, count=12, who=[_AMINA], more="u:42"),
    "who, count only": lambda codec: frames.WhoPage(ref=16, room=ROOM, count=12, more=False),
    "people": lambda codec: frames.PeoplePage(
        ref=17, hub="place", of="roles", people=[dict(_AMINA)], more=False
    ),
    "presence": lambda codec: frames.Presence(room=ROOM, count=12, joined=[_AMINA], left=[]),
    "presence, count only": lambda codec: frames.Presence(room=ROOM, count=120),
    "rights": lambda codec: frames.Rights(room=ROOM, role="speaker", rights=_RIGHTS),
    "reset": lambda codec: frames.Reset(room=ROOM),
    "drain": lambda codec: frames.Drain(reconnect_ms=4321),
}
