"""The rules of shape that a type cannot say, field by field and command by command.

Knows which rule of `domain.names` holds for which field. Refuses to know encodings and state. What
has passed `checked` is well-formed in every respect that needs no look at the server's state.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import UNSET, structs

from hubbub.domain import names
from hubbub.domain.names import ShapeError
from hubbub.protocol import frames

C = TypeVar("C", bound=frames.ClientFrame)
Rule = Callable[[str, Any], Any]

_APPEND: Final[dict[str, Rule]] = {"room": names.room_address, "id": names.command_id}
_POINTED: Final[dict[str, Rule]] = {**_APPEND, "epoch": names.epoch_name}

_RULES_BY_TYPE: Final[dict[type, dict[str, Rule]]] = {
    frames.Hello: {"name": names.display_name},
    frames.Watch: {"hub": names.hub_name},
    frames.Unwatch: {"hub": names.hub_name},
    frames.Join: {"room": names.room_address},
    frames.Leave: {"room": names.room_address},
    frames.History: {"room": names.room_address},
    frames.Publish: {**_POINTED, "text": names.message_text, "data": names.message_data},
    frames.Edit: {**_POINTED, "text": names.message_text},
    frames.Remove: {**_POINTED, "reason": names.reason},
    frames.React: {**_POINTED, "emoji": names.one_emoji},
    frames.Mode: {**_APPEND, "reason": names.reason},
    frames.Settings: {
        **_APPEND,
        "title": names.title_or_unset,
        "topic": names.topic_or_unset,
        "discussion": names.room_or_unset,
    },
    frames.Grant: {**_APPEND, "subject": names.subject_id, "reason": names.reason},
    frames.Sanction: {**_APPEND, "subject": names.subject_id, "reason": names.reason},
    frames.Floor: {**_APPEND, "subject": names.subject_id, "reason": names.reason},
    frames.Typing: {"room": names.room_address},
    frames.Who: {"room": names.room_address, "after": names.page_cursor},
    frames.People: {"hub": names.hub_name, "after": names.page_cursor},
    frames.Seen: {"room": names.room_address},
}


def checked(command: C) -> C:
    """`command` with its texts normalised; ShapeError, which names the field, if a rule is broken.

    Tokens are not looked at: whatever is wrong with one, the connection hears the same.
    """
    changed: dict[str, Any] = {}
    for field, rule in _RULES_BY_TYPE.get(type(command), {}).items():
        value = getattr(command, field)
        if value is not None and value is not UNSET:
            clean = rule(field, value)
            if clean is not value:
                changed[field] = clean
    _refuse_contradictions(command)
    return structs.replace(command, **changed) if changed else command


def _refuse_contradictions(command: frames.ClientFrame) -> None:
    """Refuse fields that are well-formed one by one and make no sense together."""
    match command:
        case frames.Hello():
            if (command.token is None) == (command.name is None):
                raise ShapeError("token or name must be there, and not both")
        case frames.Join(after=frames.Position() as after):
            names.epoch_name("after.epoch", after.epoch)
        case frames.History():
            if command.before is not None and command.after is not None:
                raise ShapeError("before and after exclude each other")
        case frames.Publish(about=frames.About() as about):
            names.room_address("about.room", about.room)
        case frames.Settings():
            _refuse_idle_settings(command)
        case frames.Sanction(action="unmute" | "unban") if command.until is not None:
            raise ShapeError(f"until means nothing with {command.action}")
        case frames.Floor(action="give" | "refuse" | "take", subject=None):
            raise ShapeError(f"subject is missing: {command.action} needs one")
        case _:
            pass


def _refuse_idle_settings(command: frames.Settings) -> None:
    given = (command.title, command.topic, command.discussion, command.slow_ms)
    if all(value is UNSET for value in given):
        raise ShapeError("title, topic, discussion or slow_ms must be there")
    if not isinstance(command.discussion, str) or not command.discussion:
        return
    if names.hub_of(command.discussion) != names.hub_of(command.room):
        raise ShapeError("discussion must be a room of the same hub")
    if command.discussion == command.room:
        raise ShapeError("discussion must be another room")
