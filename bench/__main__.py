"""`python -m bench`: the whole comparison by one command.

Knows the options, the order of things and where the results go. Refuses to know how anything is
measured or shown. What it started is ended when it ends, Ctrl-C and faults included.
"""

import argparse
import os
import resource
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import machine, peers, table
from bench.chart import chart
from bench.programs import Failed, build
from bench.results import Measured, Results, Run, dump, read
from bench.rows import ROWS, Row
from bench.stage import SMALL, Scale, Stage

HERE: Final = Path(__file__).parent
STORED: Final = HERE / "results.json"
DOCUMENT: Final = machine.ROOT / "docs" / "benchmarks.md"
CHART: Final = machine.ROOT / "docs" / "benchmarks.svg"
RUNS: Final = 7
FILES: Final = 20_000
"""Open files that one process needs: 18,000 connections and what it has besides."""
PEERS_KEY: Final = "peers"
"""The second part, by the name that --only knows."""
INTERRUPTED: Final = 130
"""The exit code of a program that Ctrl-C ended."""


@dataclass
class Found:
    """What has been found so far; it stays when the rest is interrupted."""

    results: Results


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    keys = [*(row.key for row in ROWS), PEERS_KEY]
    parser.add_argument(
        "--runs", type=int, default=RUNS, metavar="N", help="alternating runs, %(default)s unless given"
    )
    parser.add_argument("--only", default="", metavar="ROW[,ROW]", help=f"some of: {', '.join(keys)}")
    parser.add_argument("--quick", action="store_true", help="one run of small numbers, to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results of this run there too")
    parser.add_argument("--keep", action="store_true", help="with --only: renew these rows of the documents")
    parser.add_argument("--render", action="store_true", help="measure nothing, make the documents again")
    chosen = parser.parse_args(words)
    chosen.keys = [key.strip() for key in chosen.only.split(",") if key.strip()] or keys
    if unknown := set(chosen.keys) - set(keys):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are: {', '.join(keys)}")
    if chosen.runs < 1:
        parser.error("--runs is at least 1")
    return chosen


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write the documents where all of it was measured."""
    chosen = options(words)
    if chosen.render:
        stored = read(STORED)
        if stored is None:
            say(f"There are no results in {STORED.relative_to(machine.ROOT)} yet.")
            return 1
        write(stored)
        return 0
    if not machine.is_linux():
        say("This needs Linux: it pins programs to cores and reads /proc.")
        return 2
    may_open_files()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    found = Found(heading(chosen))
    code = 0
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measure(chosen, Path(folder), found)
    except KeyboardInterrupt:
        say("Interrupted: what follows was measured before.")
        code = INTERRUPTED
    except Failed as fault:
        say(f"Nothing could be measured: {fault}.")
        return 1
    print(table.document(found.results))
    if chosen.json:
        chosen.json.write_text(dump(found.results))
    if code == 0 and not chosen.quick and (not chosen.only or chosen.keep):
        stored = read(STORED) if chosen.keep else None
        write(found.results.joined_to(stored) if stored else found.results)
    return code


def write(results: Results) -> None:
    """Write the results, the document and the chart."""
    STORED.write_text(dump(results))
    DOCUMENT.write_text(table.document(results))
    CHART.write_text(chart(results))
    say(f"Written: {', '.join(str(path.relative_to(machine.ROOT)) for path in (DOCUMENT, CHART, STORED))}")


def heading(chosen: argparse.Namespace) -> Results:
    """Everything about this run but its figures."""
    words = [f"--runs {chosen.runs}"] if chosen.runs != RUNS else []
    words += [f"--only {shlex.quote(chosen.only)}"] if chosen.only else []
    words += ["--quick"] if chosen.quick else []
    return Results(
        date=today(),
        commit=machine.commit(),
        command=" ".join(["python -m bench", *words]),
        machine=machine.describe(),
        versions=machine.versions(),
        settings={
            "cores": machine.cores().in_words,
            "runs": "one run" if chosen.quick or chosen.runs == 1 else f"{chosen.runs} runs",
            "scale": "small numbers, not those of the rows" if chosen.quick else "as the rows say",
        },
    )


def measure(chosen: argparse.Namespace, folder: Path, found: Found) -> None:
    """Measure what was chosen, one row after another; a row that fails says so, and the others go on."""
    cores = machine.cores()
    if cores.load is not None:
        os.sched_setaffinity(0, {cores.load})
    stage = Stage(
        folder=folder,
        cores=cores,
        fan=build(HERE / "fan.c", folder),
        limit_program=build(HERE / "limit.c", folder),
        runs=1 if chosen.quick else chosen.runs,
        scale=SMALL if chosen.quick else Scale(),
        say=lambda line: say(f"  {line}"),
    )
    for row in ROWS:
        if row.key in chosen.keys:
            say(f"{row.key}: {row.figure}")
            measure_row(stage, row, found)
    if PEERS_KEY in chosen.keys:
        measure_peers(stage, found)


def measure_row(stage: Stage, row: Row, found: Found) -> None:
    """All runs of a row; those before an interruption count."""
    runs: dict[str, list[Run]] = {}
    fault, began = "interrupted", machine.moment(stage.cores)
    try:
        # Closing the measurement ends the servers that it holds.
        with closing(row.measure(stage)) as measured:  # type: ignore[type-var]
            for variant, run in measured:
                runs.setdefault(variant, []).append(run)
        fault = ""
    except (Failed, OSError) as error:
        fault = f"failed: {str(error) or type(error).__name__}"
        say(f"  {fault}")
    finally:
        disturbed = machine.others_percent(began, machine.moment(stage.cores), stage.cores)
        keep(found, row.key, runs, fault, disturbed)


def measure_peers(stage: Stage, found: Found) -> None:
    """The peers take turns, run by run; one that fails is left out of the runs that follow."""
    say("peers: what a user would pick instead")
    try:
        size = peers.message_bytes(stage)
    except (Failed, OSError) as error:
        say(f"  failed: {error}")
        return
    runs: dict[str, list[Run]] = {peer.key: [] for peer in peers.PEERS_COMPARED}
    fault_by_key: dict[str, str] = {}
    began = machine.moment(stage.cores)
    try:
        for number in range(stage.runs):
            for peer in peers.PEERS_COMPARED:
                if peer.key not in fault_by_key:
                    stage.say(f"run {number + 1} of {stage.runs}, {peer.name}")
                    try:
                        runs[peer.key].append(peers.measure(stage, peer, size))
                    except (Failed, OSError) as error:
                        fault_by_key[peer.key] = f"failed: {str(error) or type(error).__name__}"
                        say(f"  {fault_by_key[peer.key]}")
    finally:
        disturbed = machine.others_percent(began, machine.moment(stage.cores), stage.cores)
        for key, of_peer in runs.items():
            keep(found, key, {"": of_peer} if of_peer else {}, fault_by_key.get(key, ""), disturbed)


def keep(found: Found, key: str, runs: dict[str, list[Run]], fault: str, others_percent: float) -> None:
    """Add what was found about one row or peer."""
    by_variant = {variant: tuple(of_variant) for variant, of_variant in runs.items()}
    found.results = found.results.with_measured(
        Measured(key, found.results.commit, today(), by_variant, fault, others_percent)
    )


def today() -> str:
    """The date, by universal time."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def may_open_files() -> None:
    """Let programs open as many files as the hard limit allows; says so if that is too few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < FILES:
        say(f"A process may open {hard} files here; the rows of 18,000 people need {FILES} (ulimit -Hn).")


if __name__ == "__main__":
    sys.exit(main())
