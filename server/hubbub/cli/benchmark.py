"""`hubbub bench`: how much a Hubbub carries on this machine, and whether it keeps its promises meanwhile.

Knows the options, and which server is meant by them. Refuses to know how a load is laid (hubbub.bench)
and how figures look (figures.py).
"""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

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


def _amount(text: str, least: float, most: float) -> Any:
    return typer.Option(min=least, max=most, help=text, rich_help_panel=HOW_MUCH)


Scenarios = Annotated[
    list[Scenario] | None,
    typer.Argument(
        metavar="SCENARIO",
        help="fanout: many read one room (the default). rooms: many rooms of ten people. storm: all come "
        "back at once and resume. slow: one of 100 never reads. idle: everybody is silent.",
    ),
]
People = Annotated[int | None, _amount("Connections.", 1, asked.PEOPLE_MOST)]
Rooms = Annotated[int | None, _amount("Rooms.", 1, asked.ROOMS_MOST)]
Messages = Annotated[
    int | None, _amount("Messages, over all rooms; storm: missed by each.", 1, asked.MESSAGES_MOST)
]
InFlight = Annotated[
    int | None,
    _amount("Messages under way in a room; storm: people who come at a time.", 1, asked.IN_FLIGHT_MOST),
]
Seconds = Annotated[
    float | None,
    _amount(
        f"Longest time to publish in; idle: the silence. Default: {asked.SECONDS:.0f}.",
        0.1,
        asked.SECONDS_MOST,
    ),
]
Processes = Annotated[
    int | None,
    _amount(
        "Processes that make the load. Default: a core less than there are, "
        f"{asked.PROCESSES_BY_DEFAULT} at most.",
        1,
        asked.PROCESSES_MOST,
    ),
]
Codec = Annotated[CodecName, typer.Option(help="How frames are encoded.", rich_help_panel=HOW_MUCH)]
IsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Against = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Address of a server that runs already.", rich_help_panel=SOURCE),
]
Hub = Annotated[
    str, typer.Option(help="Hub of that server where rooms for the load are made.", rich_help_panel=SOURCE)
]
GivenRooms = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HUB/ROOM",
        help="Room of that server to use instead of making any; repeatable.",
        rich_help_panel=SOURCE,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        metavar="JWT",
        help="Make rooms with this token, of an owner; people come as guests, or with it where none are.",
        rich_help_panel=SOURCE,
    ),
]


def bench(
    scenarios: Scenarios = None,
    people: People = None,
    rooms: Rooms = None,
    messages: Messages = None,
    in_flight: InFlight = None,
    seconds: Seconds = None,
    processes: Processes = None,
    codec: Codec = "json",
    is_json: IsJson = False,
    against: Against = None,
    hub: Hub = DEFAULT_HUB,
    room: GivenRooms = None,
    token: Token = None,
    secret: Secret = None,
    data_dir: DataDir = None,
    redis_url: RedisUrl = None,
) -> None:
    """Lay a load on a server, and say what it carried and whether every message arrived once, in order.

    Without --against it starts a private server, its store in a temporary folder, without limits on rates.

    Exit code 1 if a promise was broken.
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
