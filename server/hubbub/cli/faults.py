"""How a command ends that cannot do what was asked: one line, and an exit code that scripts can tell.

Knows which exceptions mean what to a person. Refuses to know the commands.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from hubbub.cli.words import one_line
from hubbub.domain.names import ShapeError
from hubbub.folder import StartRefused
from hubbub.roomlog.client import OutcomeUnknown, StoreFault, StoreUnavailable
from hubbub.settings import SettingsRefused
from hubbub.store_check import words_of

REFUSED, UNUSABLE = 1, 2
"""Exit codes: the server, or the state of things, says no; or the command could not even be tried."""


class Unusable(Exception):
    """The command cannot be tried as it stands; the text is one line for people (exit code 2)."""


class Declined(Exception):
    """What was asked was refused, `code` is for programs and the text for people (exit code 1)."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


@contextmanager
def told_plainly() -> Iterator[None]:
    """Ends the command with a line on standard error and an exit code, never with a traceback."""
    try:
        yield
    except Declined as refusal:
        _end(str(refusal), REFUSED)
    except SettingsRefused as refusal:
        for problem in refusal.problems[:-1]:
            typer.echo(one_line(problem), err=True)
        _end(refusal.problems[-1], UNUSABLE)
    except (Unusable, StartRefused, ShapeError) as fault:
        _end(str(fault), UNUSABLE)
    except (StoreUnavailable, OutcomeUnknown, StoreFault) as fault:
        _end(words_of(fault), UNUSABLE)


def _end(line: str, exit_code: int) -> None:
    typer.echo(one_line(line), err=True)
    raise typer.Exit(exit_code)
