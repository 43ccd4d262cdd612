"""Each peer is small enough to be judged at a glance, and exactly the version that is told."""

import json
import re
from pathlib import Path

import pytest

from bench.machine import ROOT
from bench.peers import PEERS_COMPARED
from bench.servers import PEERS

FILES = sorted([*PEERS.glob("*.py"), *PEERS.glob("*.js")])
LINES = 60


def test_every_peer_that_is_not_ours_has_its_file() -> None:
    assert len(FILES) == len(PEERS_COMPARED) - 2  # Hubbub, and the limit in C


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_peer_has_at_most_sixty_lines(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LINES


def test_npm_packages_are_named_by_exact_version() -> None:
    versions = json.loads((PEERS / "package.json").read_text())["dependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


def test_what_npm_installs_is_not_of_the_project() -> None:
    assert "/bench/peers/node_modules/" in (ROOT / ".gitignore").read_text().splitlines()
    assert not list(PEERS.glob("*lock*"))
