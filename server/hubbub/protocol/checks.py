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
    changed: dict[str, Any] | None = None
    rules, refuse_contradiction = _SHAPE_BY_TYPE.get(type(command), _NO_RULES)
    for field, rule in rules:
        value = getattr(command, field)
        if value is not None and value is not UNSET:
            clean = rule(field, value)
            if clean is not value:
                changed = {**(changed or {}), field: clean}
    if refuse_contradiction is not None:
        refuse_contradiction(command)
    return structs.replace(command, **changed) if changed is not None else command


# -- Fields that are well-formed one by one and make no sense together ------------------------------


def _refuse_two_or_no_names(command: frames.Hello) -> None:
    if (command.token is None) == (command.name is None):
        raise ShapeError("token or name must be there, and not both")


def _refuse_odd_place(command: frames.Join) -> None:
    if command.after is not None:
        names.epoch_name("after.epoch", command.after.epoch)


def _refuse_two_directions(command: frames.History) -> None:
    if command.before is not None and command.after is not None:
        raise ShapeError("before and after exclude each other")


def _refuse_odd_about(command: frames.Publish) -> None:
    if command.about is not None:
        names.room_address("about.room", command.about.room)


def _refuse_until_of_an_end(command: frames.Sanction) -> None:
    if command.until is not None and command.action in ("unmute", "unban"):
        raise ShapeError(f"until means nothing with {command.action}")


def _refuse_floor_for_nobody(command: frames.Floor) -> None:
    if command.subject is None and command.action in ("give", "refuse", "take"):
        raise ShapeError(f"subject is missing: {command.action} needs one")


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


_CONTRADICTION_BY_TYPE: Final[dict[type, Callable[[Any], None]]] = {
    frames.Hello: _refuse_two_or_no_names,
    frames.Join: _refuse_odd_place,
    frames.History: _refuse_two_directions,
    frames.Publish: _refuse_odd_about,
    frames.Settings: _refuse_idle_settings,
    frames.Sanction: _refuse_until_of_an_end,
    frames.Floor: _refuse_floor_for_nobody,
}
_Shape = tuple[tuple[tuple[str, Rule], ...], Callable[[Any], None] | None]
_NO_RULES: Final[_Shape] = ((), None)
_SHAPE_BY_TYPE: Final[dict[type, _Shape]] = {
    kind: (tuple(rules.items()), _CONTRADICTION_BY_TYPE.get(kind)) for kind, rules in _RULES_BY_TYPE.items()
}
