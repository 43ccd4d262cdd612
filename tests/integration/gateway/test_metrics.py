"""What a node counts, Prometheus can read, and no name of a room is in it."""

from __future__ import annotations

import re

from tests.support.server import Node
from tests.support.tokens import token

LINE = re.compile(r'hubbub_[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.]+|# (HELP|TYPE) hubbub_[a-z_]+ .+')


async def numbers(server: Node) -> dict[str, float]:
    answer = await server.http("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert all(LINE.fullmatch(line) for line in answer.text.splitlines())
    pairs = (line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


async def test_what_happens_is_counted_without_names_of_rooms(server: Node, room: str) -> None:
    before = await numbers(server)
    path = f"/api/rooms/{room}/entries"
    assert (await server.http("POST", path, token=token("u:a"), json={"text": "Hallo"})).status_code == 200
    assert (await server.http("POST", path, token=token("u:a"), json={"text": ""})).status_code == 400
    after = await numbers(server)
    assert after["hubbub_entries_appended_total"] > before["hubbub_entries_appended_total"]
    refused = 'hubbub_refused_total{code="bad_request"}'
    assert after[refused] > before.get(refused, 0)
    assert after["hubbub_store_seconds_count"] > before["hubbub_store_seconds_count"]
    assert room.partition("/")[2] not in (await server.http("GET", "/metrics")).text
