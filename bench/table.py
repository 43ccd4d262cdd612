"""The document that the comparison writes: head, the table of targets, the table of peers.

Knows Markdown. Refuses to know how anything was measured, and where the document goes.
"""

from collections.abc import Iterator

from bench.peers import PEERS_COMPARED, Peer
from bench.results import Measured, Results
from bench.rows import ROWS, Row
from bench.verdict import Verdict, judge

HEAD = """\
# Benchmarks

Made by `python -m bench`, never by hand: `{command}`, {date}, commit {commit}.

- Machine: {processor}, {cores} cores, {memory}, {kernel}; {pinned}.
- Versions: {versions}.
- Settings: medians of n alternating runs ({scale}); rate limits off, texts of
  100 bytes, `appendfsync always` unless a row says otherwise, TCP on loopback.
- `limit` is [bench/limit.c](../bench/limit.c), a C server that relays bytes in memory. It takes turns with
  Hubbub and gets messages of as many bytes as Hubbub's have on the wire.

A ratio holds from machine to machine better than the figures it is made of. Where the core of the load was
full and that of the server was not, the row says so instead of a verdict: such a figure is about the load
generator.
"""

PEERS_HEAD = """\
## What a user would pick instead

One process on one core, 2,000 readers, messages of as many bytes on the wire as Hubbub's of 100; medians of
runs in turns ({runs}). Every other server here relays in memory. Only Hubbub keeps what it delivers: its
figures include a trip through the store, synced to the disk before the ack, and a connect of it a hello
with a token made and a join.

![Deliveries, memory and connects of Hubbub and others](benchmarks.svg)
"""


DISTURBED_PERCENT = 5.0
"""Of the cores; what a quiet system does for itself is less."""


def document(results: Results) -> str:
    """All of it, as Markdown."""
    parts = [_head(results), "## Targets\n", *_targets(results)]
    if any(peer.key in results.measured_by_key for peer in PEERS_COMPARED):
        head = PEERS_HEAD.format(runs=results.settings["runs"])
        parts += ["", head, *_peers(results)]
    return "\n".join(parts) + "\n"


def _head(results: Results) -> str:
    return HEAD.format(
        command=results.command,
        date=results.date,
        commit=results.commit,
        processor=results.machine["processor"],
        cores=results.machine["cores"],
        memory=results.machine["memory"],
        kernel=results.machine["kernel"],
        pinned=results.settings["cores"],
        versions=", ".join(f"{name} {text}" for name, text in results.versions.items()),
        scale=results.settings["scale"],
    )


def _targets(results: Results) -> Iterator[str]:
    yield "| | figure | target | result |"
    yield "|---|---|---|---|"
    for row in ROWS:
        yield f"| {row.figure} | {row.quantity} | {row.target} | {result(row, results)} |"


def result(row: Row, results: Results) -> str:
    """The last cell of a row: figures and verdict of each variant."""
    measured = results.measured_by_key.get(row.key)
    if measured is None:
        return Verdict.NOT_MEASURED.value
    cells = [variant_result(row, measured, variant) for variant in measured.runs_by_variant]
    if measured.fault:
        cells.append(measured.fault.replace("|", "/"))
    if measured.others_percent > DISTURBED_PERCENT:
        cells.append(disturbance(measured))
    if measured.commit != results.commit:
        cells.append(f"(measured {measured.measured_at} at {measured.commit})")
    return "<br>".join(cells) or Verdict.NOT_MEASURED.value


def disturbance(measured: Measured) -> str:
    """What to say where others used the cores too."""
    return f"(disturbed: other programs used {measured.others_percent:.0f} % of the cores meanwhile)"


def variant_result(row: Row, measured: Measured, variant: str) -> str:
    """Figures and verdict of one variant."""
    medians = measured.medians(variant)
    verdict = judge(medians, row.bounds(variant))
    name = f"{variant}: " if variant else ""
    return f"{name}{row.tell(medians)}, n = {len(measured.runs_by_variant[variant])}: {verdict.value}"


def _peers(results: Results) -> Iterator[str]:
    yield (
        "| | deliveries/s, 1 message in flight | 16 in flight | bytes per idle connection | connects/s "
        "| what it promises |"
    )
    yield "|---|--:|--:|--:|--:|---|"
    for peer in PEERS_COMPARED:
        measured = results.measured_by_key.get(peer.key)
        if measured is not None:
            yield f"| {label(peer, results)} | {_figures(measured)} | {peer.promises} |"
    measured = results.measured_by_key.get(PEERS_COMPARED[0].key)
    if measured is not None and measured.others_percent > DISTURBED_PERCENT:
        yield f"\n{disturbance(measured)}"


def label(peer: Peer, results: Results) -> str:
    """A peer's name with the versions of its parts."""
    return " ".join([peer.name, ", ".join(results.versions[part] for part in peer.parts)]).strip()


def _figures(measured: Measured) -> str:
    medians = measured.medians("")
    if not medians:
        return f"{measured.fault.replace('|', '/')} | | |"
    names = ("single_per_s", "flying_per_s", "bytes_per_connection", "connects_per_s")
    return " | ".join(f"{medians[name]:,.0f}" for name in names)
