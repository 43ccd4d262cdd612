"""The chart shows every peer in every panel, in light and dark, and says it in words too."""

from dataclasses import replace
from xml.etree import ElementTree

from bench.chart import NAMES, PANELS, WIDTH, chart, short
from bench.peers import PEERS_COMPARED
from bench.results import Measured, Results

SVG = "{http://www.w3.org/2000/svg}"


def drawn(results: Results) -> ElementTree.Element:
    """The chart, read as XML."""
    return ElementTree.fromstring(chart(results))


def widths(root: ElementTree.Element, kind: str) -> list[float]:
    """How long the bars of a kind are, panel by panel."""
    return [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect") if bar.attrib["class"] == kind]


def test_every_panel_has_a_bar_for_every_peer(stored: Results) -> None:
    bars = [bar for bar in drawn(stored).iter(f"{SVG}rect") if bar.attrib["class"] != "back"]
    assert len(bars) == len(PANELS) * len(PEERS_COMPARED)
    assert set(NAMES) == {peer.key for peer in PEERS_COMPARED}


def test_bars_are_as_long_as_their_figures_are_large(stored: Results) -> None:
    ours = stored.measured_by_key["hubbub"].medians("")["flying_per_s"]
    limit = stored.measured_by_key["limit"].medians("")["flying_per_s"]
    root = drawn(stored)
    assert abs(widths(root, "ours")[0] / widths(root, "limit")[0] - ours / limit) < 0.01


def test_it_is_as_wide_as_a_page_and_nothing_stands_outside(stored: Results) -> None:
    root = drawn(stored)
    assert root.attrib["width"] == str(WIDTH) == "720"
    ends = [float(bar.attrib.get("x", 0)) + float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect")]
    assert max(ends) <= WIDTH


def test_it_has_a_title_and_all_figures_in_words(stored: Results) -> None:
    root = drawn(stored)
    words = root.findtext(f"{SVG}desc") or ""
    assert root.findtext(f"{SVG}title")
    assert root.attrib["aria-labelledby"] == "title desc"
    assert all(name in words for name in NAMES.values())
    assert f"{stored.measured_by_key['starlette'].medians('')['connects_per_s']:,.0f}" in words


def test_it_is_readable_in_the_dark(stored: Results) -> None:
    assert "prefers-color-scheme: dark" in chart(stored)


def test_a_peer_that_failed_has_no_bar(stored: Results) -> None:
    failed = Measured("socketio", stored.commit, stored.date, {}, "no npm")
    assert "Socket.IO" not in chart(stored.with_measured(failed))


def test_words_are_escaped(stored: Results) -> None:
    named = replace(stored, machine={**stored.machine, "processor": "<A & B>"})
    assert "&lt;A &amp; B&gt;" in chart(named)


def test_numbers_are_short() -> None:
    assert [short(value) for value in (0, 950, 1_234, 98_765, 1_720_000)] == [
        "0",
        "950",
        "1.23 k",
        "99 k",
        "1.72 M",
    ]
