"""Which function is called for which event.

Knows registration, patterns, commands and how words become arguments. Refuses to know connections, and what
a handler's failure leads to.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from hubbub.sdk.events import Event, Message, RoomEvent

E = TypeVar("E", bound=Event)
P = ParamSpec("P")
Handler = Callable[[E], Awaitable[None]]
MessageHandler = Callable[Concatenate[Message, P], Awaitable[None]]
AnyHandler = Callable[..., Awaitable[None]]

COMMAND_PREFIX = "!"

_CONVERTED: Mapping[Any, Callable[[str], Any]] = {str: str, int: int, float: float}
_KIND_WORDS = {str: "a text", int: "a whole number", float: "a number"}


class BadArguments(ValueError):
    """The words behind a command are not what its handler takes; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Route:
    """One handler and when it is called."""

    event: type[Event]
    handler: AnyHandler
    room: str | None
    match: Callable[[Message], tuple[Any, ...] | None] | None = None

    def arguments(self, event: Event) -> tuple[Any, ...] | None:
        """What the handler is called with behind the event; None if it is not called."""
        if not isinstance(event, self.event):
            return None
        if self.room is not None and (not isinstance(event, RoomEvent) or event.room != self.room):
            return None
        if self.match is None:
            return ()
        return self.match(event) if isinstance(event, Message) else None


class Router:
    """Handlers under one roof; a `Bot` is one, and takes in others by `include`."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def on(self, event: type[E], *, room: str | None = None) -> Callable[[Handler[E]], Handler[E]]:
        """Called with every event of this class, of one room or of all."""

        def register(handler: Handler[E]) -> Handler[E]:
            _refuse_plain(handler)
            self.routes.append(Route(event, handler, room))
            return handler

        return register

    def on_message(
        self, pattern: str | re.Pattern[str] | None = None, *, room: str | None = None
    ) -> Callable[[MessageHandler[P]], MessageHandler[P]]:
        """Called with messages in which `pattern` is found, and with its groups.

        TypeError where handler and groups do not fit. A group that is no number where one is due: no match.
        """
        found = re.compile(pattern) if pattern is not None else None

        def register(handler: MessageHandler[P]) -> MessageHandler[P]:
            words = _Words(handler)
            groups = found.groups if found is not None else 0
            if not words.least <= groups <= len(words.kinds):
                raise TypeError(f"{_name(handler)} takes {len(words.kinds)} words, the pattern has {groups}")

            def match(message: Message) -> tuple[Any, ...] | None:
                hit = found.search(message.text) if found is not None else None
                if found is None or hit is None:
                    return () if found is None else None
                try:
                    return words.converted(hit.groups(default=""))
                except BadArguments:
                    return None

            self.routes.append(Route(Message, handler, room, match))
            return handler

        return register

    def command(
        self, name: str, *, room: str | None = None
    ) -> Callable[[MessageHandler[P]], MessageHandler[P]]:
        """Called with messages `!name …`, and with the words behind it; the last takes the rest.

        Words that do not fit are answered with what would.
        """
        head = f"{COMMAND_PREFIX}{name}"

        def register(handler: MessageHandler[P]) -> MessageHandler[P]:
            words = _Words(handler)

            def match(message: Message) -> tuple[Any, ...] | None:
                said = message.text.strip().split(maxsplit=1)
                if not said or said[0].casefold() != head.casefold():
                    return None
                rest = said[1] if len(said) > 1 else ""
                given = rest.split(maxsplit=len(words.kinds) - 1) if words.kinds else ()
                try:
                    return words.converted(tuple(given))
                except BadArguments as fault:
                    raise BadArguments(f"{words.usage(head)}: {fault}") from None

            self.routes.append(Route(Message, handler, room, match))
            return handler

        return register

    def include(self, router: Router) -> None:
        """All handlers of another router, behind those that are here."""
        self.routes += router.routes


class _Words:
    """What a handler takes behind the event; TypeError at once for what is not str, int or float."""

    def __init__(self, handler: AnyHandler) -> None:
        _refuse_plain(handler)
        parameters = list(inspect.signature(handler).parameters.values())[1:]
        hints = get_type_hints(handler)
        self.names = [one.name for one in parameters]
        self.kinds = [hints.get(name, str) for name in self.names]
        self.least = sum(1 for one in parameters if one.default is inspect.Parameter.empty)
        for name, kind in zip(self.names, self.kinds, strict=True):
            if kind not in _CONVERTED:
                raise TypeError(
                    f"{_name(handler)}: {name} is {kind!r}; str, int and float are what words become"
                )

    def usage(self, head: str) -> str:
        """How a command is called: `!add <one> <other>`."""
        return " ".join([head, *(f"<{name}>" for name in self.names)])

    def converted(self, words: tuple[str, ...]) -> tuple[Any, ...]:
        """The arguments that words are. Raises BadArguments."""
        if len(words) < self.least:
            raise BadArguments(f"<{self.names[len(words)]}> is missing")
        return tuple(
            _converted(name, kind, word)
            for name, kind, word in zip(self.names, self.kinds, words, strict=False)
        )


def _converted(name: str, kind: Any, word: str) -> Any:
    try:
        return _CONVERTED[kind](word)
    except ValueError:
        raise BadArguments(f"<{name}> is {_KIND_WORDS[kind]}") from None


def _refuse_plain(handler: AnyHandler) -> None:
    """TypeError for a function that cannot be awaited: better now than at the first event."""
    if inspect.isfunction(handler) and not inspect.iscoroutinefunction(handler):
        raise TypeError(f"{_name(handler)} is to be an async function")


def _name(handler: AnyHandler) -> str:
    return getattr(handler, "__name__", repr(handler))
