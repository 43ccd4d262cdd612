"""The fields of the wire as types: what each one is, and its bounds as a schema says them.

Knows ranges, which the decoders hold, and the lengths and alphabets that `names` checks, for readers of a
schema. Refuses to know in which frame a field stands, and what a decoder says of a wrong one.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from hubbub.domain import limits, names

ModeWord = Literal["announcement", "agora"]
Kind = Literal["person", "guest", "bot", "system"]
RoleWord = Literal["participant", "speaker", "moderator", "owner"]
Scope = Literal["room", "hub"]
SanctionAction = Literal["mute", "unmute", "ban", "unban"]
FloorAction = Literal["ask", "withdraw", "give", "refuse", "take"]

_HUB: Final = f"^{names.PART}$"
_ROOM: Final = f"^{names.PART}/{names.PART}$"


def _chars(least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"minLength": least, "maxLength": most, **more}


Ref = Annotated[
    int,
    Meta(ge=1, le=limits.REF_MAX, description="The client's number for a command; its one reply carries it."),
]
Seq = Annotated[int, Meta(ge=0, le=limits.SAFE_INTEGER, description="A place in a room's log.")]
Milliseconds = Annotated[
    int, Meta(ge=0, le=limits.SAFE_INTEGER, description="Milliseconds since 1970-01-01 UTC.")
]
Duration = Annotated[int, Meta(ge=0, le=limits.SAFE_INTEGER, description="Milliseconds.")]
Count = Annotated[int, Meta(ge=0, le=limits.SAFE_INTEGER)]
JoinLimit = Annotated[
    int, Meta(ge=0, le=limits.PAGE_ENTRIES, description="How many of the newest entries to send.")
]
HistoryLimit = Annotated[
    int, Meta(ge=1, le=limits.PAGE_ENTRIES, description="How many entries to send at most.")
]
SlowMs = Annotated[
    int,
    Meta(
        ge=0,
        le=limits.SLOW_MS_MAX,
        description="The least time between two messages of one author, in milliseconds; 0 is off.",
    ),
]

Hub = Annotated[
    str,
    Meta(
        description="A hub's name: a-z, 0-9 and -, at most 63.",
        extra_json_schema={"pattern": _HUB},
        examples=["place"],
    ),
]
Room = Annotated[
    str,
    Meta(
        description="A room's address, `hub/room`, each a-z, 0-9 and -, at most 63.",
        extra_json_schema={"pattern": _ROOM},
        examples=["place/agora"],
    ),
]
RoomOrName = Annotated[
    str,
    Meta(
        description="A room's address, or its last part.",
        extra_json_schema={"pattern": f"^({names.PART}/)?{names.PART}$"},
    ),
]
RoomOrUnset = Annotated[
    str,
    Meta(
        description="A room's whole address; the empty string unsets it.",
        extra_json_schema={"pattern": f"^({names.PART}/{names.PART})?$"},
    ),
]
Epoch = Annotated[
    str,
    Meta(
        description="Which incarnation of the room's log is meant; opaque.",
        extra_json_schema=_chars(1, limits.EPOCH_CHARS),
    ),
]
CommandId = Annotated[
    str,
    Meta(
        description="The client's id of what is appended: sent again within 10 minutes, it is acked again "
        "with the same `seq` and nothing is appended.",
        extra_json_schema=_chars(1, limits.ID_CHARS, pattern="^[ -~]+$"),
    ),
]
IdentityId = Annotated[
    str,
    Meta(
        description="An identity's id.", extra_json_schema=_chars(1, limits.SUBJECT_CHARS, pattern="^[ -~]+$")
    ),
]
Cursor = Annotated[
    str,
    Meta(
        description="Where the page goes on: the `more` of the page before; opaque.",
        extra_json_schema=_chars(1, limits.CURSOR_CHARS),
    ),
]
Text = Annotated[
    str,
    Meta(
        description="What a message says, as its author wrote it; something of it is visible.",
        extra_json_schema=_chars(1, limits.TEXT_CHARS),
    ),
]
Reason = Annotated[
    str,
    Meta(description="Why, in people's own words.", extra_json_schema=_chars(1, limits.REASON_CHARS)),
]
Name = Annotated[
    str,
    Meta(description="The name that is shown; not unique.", extra_json_schema=_chars(1, limits.NAME_CHARS)),
]
Title = Annotated[
    str,
    Meta(
        description="The title; the empty string unsets it.", extra_json_schema=_chars(0, limits.NAME_CHARS)
    ),
]
Topic = Annotated[
    str,
    Meta(
        description="The topic; the empty string unsets it.", extra_json_schema=_chars(0, limits.TOPIC_CHARS)
    ),
]
Emoji = Annotated[
    str, Meta(description="Exactly one emoji.", extra_json_schema=_chars(1, limits.EMOJI_CODE_POINTS))
]
Token = Annotated[
    str,
    Meta(description="A signed token (JWT).", extra_json_schema=_chars(1, limits.TOKEN_BYTES)),
]
Role = Annotated[RoleWord, Meta(description="A rank in a hub: owner > moderator > speaker > participant.")]
Mode = Annotated[
    ModeWord,
    Meta(
        description="`agora`: everyone who may read and is not sanctioned publishes. "
        "`announcement`: speakers, moderators and owners do."
    ),
]
