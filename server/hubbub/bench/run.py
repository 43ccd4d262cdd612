"""One scenario on one server, from its first room to its outcome.

Knows what must be there before people can come, and that it goes away again. Refuses to know options.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hubbub.bench.crew import Crew, Interrupted, Interruption
from hubbub.bench.machine import cores
from hubbub.bench.orders import Plan
from hubbub.bench.outcome import Outcome, ServerCard, outcome_of
from hubbub.bench.private_server import FSYNC, PrivateServer, Usage
from hubbub.bench.request import Request
from hubbub.bench.scenarios import SCENARIOS
from hubbub.bench.site import Site, greet, make_rooms
from hubbub.bench.stage import Screen, Stage
from hubbub.tokens import mint

OWNER_SECONDS = 3600
"""Of the token that makes rooms: they are made at once."""


class Target(Protocol):
    """A server that bears a load."""

    @property
    def site(self) -> Site:
        """Where it is."""

    @property
    def secret(self) -> bytes | None:
        """What people's tokens are signed with, if they have tokens of their own."""

    @property
    def token(self) -> str | None:
        """The token of those who are not admitted as guests."""

    def rooms(self, count: int, check: Callable[[], None]) -> Sequence[str]:
        """So many rooms, made if need be; raises Impossible."""

    def usage(self) -> Usage | None:
        """What it takes of this machine, where that is known for sure."""

    def card(self, publish_per_s: int | None) -> ServerCard:
        """What is known of it."""


@dataclass(frozen=True, slots=True)
class GivenServer:
    """A server that runs already; of its machine nothing is known.

    `given_rooms` are used as they are; without any, rooms are made in `hub` with `owner_token`.
    """

    site: Site
    hub: str
    given_rooms: tuple[str, ...]
    owner_token: str | None = field(repr=False)
    secret: bytes | None = field(repr=False)
    token: str | None = field(repr=False)

    def rooms(self, count: int, check: Callable[[], None]) -> Sequence[str]:
        """The given rooms, or the hub's rooms for this."""
        if self.given_rooms:
            greet(self.site)
            return self.given_rooms
        assert self.owner_token is not None
        return make_rooms(self.site, self.owner_token, self.hub, count, check)

    def usage(self) -> Usage | None:
        """Nothing: it may be anywhere."""
        return None

    def card(self, publish_per_s: int | None) -> ServerCard:
        """What its welcome told."""
        return ServerCard(self.site.url, False, None, None, None, publish_per_s)


class OwnServer(PrivateServer):
    """A private server as a target."""

    token = None

    def rooms(self, count: int, check: Callable[[], None]) -> Sequence[str]:
        """Fresh rooms: nobody else has been here."""
        owner = mint(self.secret, "operator", "Operator", "person", {self.hub: "owner"}, OWNER_SECONDS)
        return make_rooms(self.site, owner, self.hub, count, check)

    def card(self, publish_per_s: int | None) -> ServerCard:
        """It was started here, so all is known."""
        return ServerCard(self.site.url, True, 1, self.store_name, FSYNC, publish_per_s)


def measured(
    request: Request, target: Target, interruption: Interruption, screen: Screen
) -> tuple[Outcome, ServerCard]:
    """Carries a scenario out; raises Impossible, or Interrupted before anybody came in."""
    screen.begin("Rooms", 0)
    rooms = target.rooms(request.rooms, interruption.check)
    plan = Plan(
        site=target.site,
        codec=request.codec,
        run=secrets.token_hex(4),
        text_bytes=request.text_bytes,
        secret=target.secret,
        token=target.token,
    )
    is_broken_off = False
    with Crew(plan, request.processes, interruption) as crew:
        stage = Stage(request, rooms, crew, interruption, screen, target.usage)
        try:
            SCENARIOS[request.scenario](stage)
        except Interrupted:
            is_broken_off = True
        stage.count()
        card = target.card(_publish_per_s(stage))
        return outcome_of(stage, is_broken_off, card.is_private, cores()), card


def _publish_per_s(stage: Stage) -> int | None:
    told = [report.bounds for report in stage.everything if report.bounds is not None]
    return told[0].publish_per_s if told else None
