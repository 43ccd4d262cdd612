"""What a node counts of itself, and how Prometheus reads it (text format 0.0.4).

Knows numbers of the whole node. Refuses to know names of rooms, hubs and people: who reads numbers need not
be who may read rooms.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubbub.gateway.node import Node


@dataclass(slots=True)
class Counts:
    """What only ever grows, since the node began."""

    appended: int = 0
    bytes_out: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def exposition(node: "Node") -> str:
    """All numbers of a node, each with what it means."""
    counts, store = node.counts, node.store
    rooms = sum(len(hub.rooms) for hub in node.hubs)
    refused = "".join(
        f'hubbub_refused_total{{code="{code}"}} {count}\n' for code, count in sorted(counts.refused.items())
    )
    return "".join(
        (
            _metric("node_info", "gauge", "Which node this is.", f'{{node="{node.name}"}} 1'),
            _metric("connections", "gauge", "WebSockets that are open.", f" {len(node.connections)}"),
            _metric("hubs_open", "gauge", "Hubs that this node hears.", f" {len(node.hubs)}"),
            _metric("rooms_open", "gauge", "Rooms that this node has open.", f" {rooms}"),
            _metric("entries_appended_total", "counter", "Entries by this node.", f" {counts.appended}"),
            _metric("sent_bytes_total", "counter", "Written to WebSockets.", f" {counts.bytes_out}"),
            _head("refused_total", "counter", "Refusals, of sockets and HTTP, by code.") + refused,
            _head("store_seconds", "summary", "From a write to the store to its last reply."),
            f"hubbub_store_seconds_sum {store.waited_seconds:.6f}\n",
            f"hubbub_store_seconds_count {store.writes}\n",
        )
    )


def _metric(name: str, kind: str, words: str, value: str) -> str:
    return f"{_head(name, kind, words)}hubbub_{name}{value}\n"


def _head(name: str, kind: str, words: str) -> str:
    return f"# HELP hubbub_{name} {words}\n# TYPE hubbub_{name} {kind}\n"
