"""Which function is called for which event.

Knows registration, patterns, commands and how words become arguments. Refuses to know connections, and what
a handler's failure leads to.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from hubbub.sdk.events import Event, Message, RoomEvent

E = TypeVar("E", bound=Event)
Handler = Callable[[E], Awaitable[None]]
MessageHandler = Callable[..., Awaitable[None]]
H = TypeVar("H", bound=MessageHandler)

COMMAND_PREFIX = "!"

_CONVERTED: Mapping[Any, Callable[[str], Any]] = {str: str, int: int, float: float}


class BadArguments(ValueError):
    """The words behind a command are not what its handler takes; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Route:
    """One handler and when it is called."""

    event: type[Event]
    handler: MessageHandler
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
            self.routes.append(Route(event, handler, room))
            return handler

        return register

    def on_message(
        self, pattern: str | re.Pattern[str] | None = None, *, room: str | None = None
    ) -> Callable[[H], H]:
        """Called with messages in which `pattern` is found, and with its groups."""
        found = re.compile(pattern) if pattern is not None else None

        def register(handler: H) -> H:
            convert = _converter(handler)

            def match(message: Message) -> tuple[Any, ...] | None:
                if found is None:
                    return ()
                hit = found.search(message.text)
                return None if hit is None else convert(hit.groups(default=""))

            self.routes.append(Route(Message, handler, room, match))
            return handler

        return register

    def command(self, name: str, *, room: str | None = None) -> Callable[[H], H]:
        """Called with messages `!name …`, and with the words behind it; the last takes the rest."""
        head = f"{COMMAND_PREFIX}{name}"

        def register(handler: H) -> H:
            convert = _converter(handler)
            wanted = len(_parameters(handler))

            def match(message: Message) -> tuple[Any, ...] | None:
                said, _, rest = message.text.strip().partition(" ")
                if said.casefold() != head.casefold():
                    return None
                words = tuple(rest.split(maxsplit=wanted - 1)) if wanted else ()
                return convert(words)

            self.routes.append(Route(Message, handler, room, match))
            return handler

        return register

    def include(self, router: Router) -> None:
        """All handlers of another router, behind those that are here."""
        self.routes += router.routes


def _parameters(handler: MessageHandler) -> list[inspect.Parameter]:
    """What a handler takes behind the event."""
    return list(inspect.signature(handler).parameters.values())[1:]


def _converter(handler: MessageHandler) -> Callable[[tuple[str, ...]], tuple[Any, ...]]:
    """Makes words into arguments; TypeError at once for what is not annotated str, int, float."""
    parameters = _parameters(handler)
    hints = get_type_hints(handler)
    kinds = [hints.get(one.name, str) for one in parameters]
    for one, kind in zip(parameters, kinds, strict=True):
        if kind not in _CONVERTED:
            raise TypeError(
                f"{handler.__name__}: {one.name} is {kind!r}; str, int and float are what words become"
            )
    least = sum(1 for one in parameters if one.default is inspect.Parameter.empty)

    def convert(words: tuple[str, ...]) -> tuple[Any, ...]:
        if not least <= len(words) <= len(kinds):
            names = " ".join(f"<{one.name}>" for one in parameters)
            raise BadArguments(f"It takes {names or 'nothing'}.")
        try:
            return tuple(_CONVERTED[kind](word) for kind, word in zip(kinds, words, strict=False))
        except ValueError as fault:
            raise BadArguments(str(fault)) from None

    return convert
