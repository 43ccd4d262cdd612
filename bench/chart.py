"""The chart: four panels of bars, one bar for each peer, as SVG that needs nothing else.

Knows shapes and colours, light and dark. Refuses to know how anything was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from bench.peers import PEERS_COMPARED
from bench.results import Results

WIDTH: Final = 720
MARGIN: Final = 20
COLUMN: Final = 350
"""From the left edge of one column of panels to that of the next."""
PANEL_WIDTH: Final = 330
NAME_WIDTH: Final = 118
VALUE_WIDTH: Final = 62
BAR_HEIGHT: Final = 18
BAR_STEP: Final = 26
TOP: Final = 64
PANEL_HEAD: Final = 46
NAMES: Final = {
    "hubbub": "Hubbub",
    "limit": "limit (C relay)",
    "websockets": "websockets",
    "starlette": "Starlette",
    "socketio": "Socket.IO",
}
"""Short enough for a bar."""

STYLE: Final = """\
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 } .note, .unit { font-size: 12px; fill: #59636e }
.panel { font-size: 13px; font-weight: 600 } .name, .value { font-size: 12px }
.back { fill: #ffffff } .bar { fill: #8c959f } .ours { fill: #0969da } .limit { fill: #d0d7de }
.axis { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .note, .unit { fill: #9198a1 }
  .back { fill: #0d1117 } .bar { fill: #6e7681 } .ours { fill: #4493f8 } .limit { fill: #3d444d }
  .axis { stroke: #3d444d }
}"""


@dataclass(frozen=True)
class Panel:
    """One figure of every peer."""

    figure: str
    title: str
    unit: str


PANELS: Final = (
    Panel("flying_per_s", "Deliveries, 16 messages in flight", "per second · more is better"),
    Panel("single_per_s", "Deliveries, 1 message in flight", "per second · more is better"),
    Panel("bytes_per_connection", "Memory of an idle connection", "bytes · less is better"),
    Panel("connects_per_s", "Connects", "per second · more is better"),
)


def chart(results: Results) -> str:
    """The chart of the peers that were measured; bars begin at zero and are linear."""
    medians_by_key = {
        peer.key: measured.medians("")
        for peer in PEERS_COMPARED
        if (measured := results.measured_by_key.get(peer.key)) and measured.runs_by_variant
    }
    panel_height = PANEL_HEAD + BAR_STEP * len(medians_by_key) + 18
    height = TOP + 2 * panel_height + 28
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">',
        '<title id="title">Hubbub beside what a user would pick instead</title>',
        f'<desc id="desc">{escape(description(medians_by_key))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{height}" rx="6"/>',
        _text("title", MARGIN, 30, "Hubbub beside what a user would pick instead"),
        _text(
            "note",
            MARGIN,
            50,
            "One core, 2,000 readers of one room. "
            "Only Hubbub keeps what it delivers: an ordered log, synced to the disk.",
        ),
    ]
    for number, panel in enumerate(PANELS):
        left, top = MARGIN + COLUMN * (number % 2), TOP + panel_height * (number // 2)
        values = {key: medians[panel.figure] for key, medians in medians_by_key.items()}
        parts += _panel(panel, values, left, top)
    made = f"{results.machine['processor']}, {results.date}, commit {results.commit}; made by python -m bench"
    parts += [_text("note", MARGIN, height - 14, made), "</svg>"]
    return "\n".join(parts) + "\n"


def description(medians_by_key: dict[str, dict[str, float]]) -> str:
    """All figures in words, for who does not see the bars."""
    sentences = []
    for panel in PANELS:
        values = ", ".join(
            f"{NAMES[key]} {medians[panel.figure]:,.0f}" for key, medians in medians_by_key.items()
        )
        sentences.append(f"{panel.title}, {panel.unit.partition(' · ')[0]}: {values}.")
    return " ".join(sentences)


def short(value: float) -> str:
    """A number with two or three digits that count."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if value >= size:
            return f"{value / size:.2f} {unit}" if value < 10 * size else f"{value / size:.0f} {unit}"
    return f"{value:.0f}"


def _panel(panel: Panel, values: dict[str, float], left: int, top: int) -> Iterator[str]:
    yield _text("panel", left, top + 20, panel.title)
    yield _text("unit", left, top + 36, panel.unit)
    zero, longest = left + NAME_WIDTH, PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH
    most = max([*values.values(), 1.0])
    bottom = top + PANEL_HEAD + BAR_STEP * len(values)
    for number, (key, value) in enumerate(values.items()):
        y = top + PANEL_HEAD + BAR_STEP * number
        width = max(1.0, longest * max(value, 0.0) / most)
        kind = {"hubbub": "ours", "limit": "limit"}.get(key, "bar")
        yield _text("name", zero - 8, y + 14, NAMES[key], "end")
        yield f'<rect class="{kind}" x="{zero}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" rx="2"/>'
        yield _text("value", round(zero + width + 6), y + 14, short(value))
    yield f'<line class="axis" x1="{zero}" y1="{top + PANEL_HEAD - 4}" x2="{zero}" y2="{bottom - 4}"/>'


def _text(kind: str, x: int, y: int, words: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
