"""`hubbub bench`: how much a Hubbub carries on this machine, and whether it keeps its promises meanwhile.

Knows the options, and which server is meant by them. Refuses to know how a load is laid (hubbub.bench)
and how figures look (figures.py).
"""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from hubbub.bench import request as asked
from hubbub.bench.request import Request, Scenario, complete
from hubbub.bench.site import Impossible, site_at
from hubbub.bench.wire import CodecName
from hubbub.cli.acting import DataDir, RedisUrl, Secret
from hubbub.cli.faults import REFUSED, Unusable, told_plainly
from hubbub.cli.options import SOURCE
from hubbub.cli.reaching import operator_token, secret_of
from hubbub.domain import names
from hubbub.settings import read_settings

if TYPE_CHECKING:
    from hubbub.bench.outcome import Document, Outcome, ServerCard
    from hubbub.bench.run import GivenServer, Target

BROKEN_OFF = 130
"""Exit code of what Ctrl-C has ended, as shells have it (128 + SIGINT)."""

HOW_MUCH = "How much"
DEFAULT_HUB = "place"

SCENARIOS_HELP = (
    "fanout: many read one room. rooms: many rooms of ten people. storm: all come back at once and resume. "
    "slow: one of 100 never reads. idle: everybody is silent."
)


def bench(
    scenarios: Annotated[
        list[Scenario] | None,
        typer.Argument(metavar="SCENARIO", help=SCENARIOS_HELP),
    ] = None,
    people: Annotated[
        int | None, typer.Option(min=1, max=asked.PEOPLE_MOST, help="Connections.", rich_help_panel=HOW_MUCH)
    ] = None,
    rooms: Annotated[
        int | None, typer.Option(min=1, max=asked.ROOMS_MOST, help="Rooms.", rich_help_panel=HOW_MUCH)
    ] = None,
    messages: Annotated[
        int | None,
        typer.Option(
            min=1, max=asked.MESSAGES_MOST, help="Over all rooms; storm: missed.", rich_help_panel=HOW_MUCH
        ),
    ] = None,
    in_flight: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=asked.IN_FLIGHT_MOST,
            help="Messages under way in a room; storm: people who come at a time.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=asked.SECONDS_MOST,
            help=f"Longest time to publish in; idle: the silence. Default: {asked.SECONDS:.0f}.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=asked.PROCESSES_MOST,
            help="Processes that make the load. Default: a core less than there are, 4 at most.",
            rich_help_panel=HOW_MUCH,
        ),
    ] = None,
    codec: Annotated[
        CodecName, typer.Option(help="How frames are encoded.", rich_help_panel=HOW_MUCH)
    ] = "json",
    is_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Address of a server that runs already.", rich_help_panel=SOURCE),
    ] = None,
    hub: Annotated[
        str,
        typer.Option(help="Hub of that server where rooms for the load are made.", rich_help_panel=SOURCE),
    ] = DEFAULT_HUB,
    room: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HUB/ROOM",
            help="Room of that server to use instead of making any; repeatable.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="JWT",
            help="Make rooms with this token, of an owner; people come as guests, or with it where none are.",
            rich_help_panel=SOURCE,
        ),
    ] = None,
    secret: Secret = None,
    data_dir: DataDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Lay a load on a server, and say what it carried and whether every message arrived once, in order.

    Without --against it starts a private server for it, with a store in a temporary folder and without
    limits on rates, which is gone afterwards. Exit code 1 if a promise was broken.
    """
    with told_plainly():
        try:
            server = None
            if against is not None:
                source = {"secret": secret, "data_dir": data_dir, "redis_url": redis_url}
                server = _given_server(against, hub, room or [], token, source)
                rooms = _room_count(rooms, len(room or []))
            elif room or token:
                raise Unusable(
                    "--room and --token are for a server that runs already: give --against URL too."
                )
            requests = [
                complete(
                    scenario,
                    people=people,
                    rooms=rooms,
                    messages=messages,
                    in_flight=in_flight,
                    seconds=seconds,
                    processes=processes,
                    codec=codec,
                )
                for scenario in scenarios or [Scenario.FANOUT]
            ]
            document, is_broken_off = _carried_out(requests, server)
        except Impossible as fault:
            raise Unusable(str(fault)) from None
    _show(document, is_json)
    if is_broken_off:
        raise typer.Exit(BROKEN_OFF)
    if not all(outcome.is_sound for outcome in document.runs):
        raise typer.Exit(REFUSED)


def _carried_out(requests: list[Request], server: "GivenServer | None") -> "tuple[Document, bool]":
    """The document of all scenarios, on a server of their own each if none is given; did they end early?"""
    from hubbub.bench.crew import Interrupted, Interruption  # slow: only a load needs it
    from hubbub.bench.machine import allow_files
    from hubbub.bench.run import OwnServer, measured
    from hubbub.cli.figures import ProgressBar

    outcomes: list[Outcome] = []
    card: ServerCard | None = None
    is_broken_off = False
    with Interruption() as interruption, ProgressBar() as bar:
        try:
            for request in requests:
                allow_files(request.people)  # a private server inherits it
                bar.say("Private server" if server is None else server.site.url, request.scenario)
                with ExitStack() as stack:
                    there: Target = server or stack.enter_context(OwnServer(interruption.check))
                    outcome, card = measured(request, there, interruption, bar)
                    outcomes.append(outcome)
                    bar.begin("Ending", 0)
                interruption.check()
        except (Interrupted, KeyboardInterrupt):
            is_broken_off = True
    if card is None:
        typer.echo("Broken off before anything was measured.", err=True)
        raise typer.Exit(BROKEN_OFF)
    return _document(card, outcomes), is_broken_off


def _document(card: "ServerCard", outcomes: "list[Outcome]") -> "Document":
    from hubbub.bench.machine import this_machine, versions
    from hubbub.bench.outcome import SCHEMA, Document

    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Document(SCHEMA, at, this_machine(), versions(), card, outcomes)


def _show(document: "Document", is_json: bool) -> None:
    from hubbub.cli.figures import print_document

    if is_json:
        typer.echo(msgspec.json.encode(document).decode())
    else:
        print_document(document)


def _room_count(asked_for: int | None, given: int) -> int | None:
    if given and asked_for is not None:
        raise Unusable("Either --rooms or --room: the rooms that are given are all that are used.")
    return given or asked_for


def _given_server(
    url: str, hub: str, rooms: list[str], token: str | None, source: dict[str, str | None]
) -> "GivenServer":
    from hubbub.bench.run import GivenServer

    site, hub = site_at(url), names.hub_name("--hub", hub)
    addresses = tuple(names.room_address("--room", room) for room in rooms)
    secret = None
    # To rooms that are given anybody comes as a guest, unless it is said where the secret is.
    if token is None and (not addresses or any(source.values())):
        secret = asyncio.run(secret_of(read_settings(**source)))
        if secret is None:
            raise Unusable(
                "The server's secret is not to be found here: give --token of an owner, --secret, "
                "or --room HUB/ROOM where guests may write."
            )
    owner_token = token if secret is None else operator_token(secret, hub, None)
    return GivenServer(site, hub, addresses, owner_token, secret, token)
