"""Knows where results of a real run are kept for these tests; refuses to know what is made of them."""

from pathlib import Path

import pytest

from bench.results import Results, load


@pytest.fixture
def stored() -> Results:
    """The results of one quick run of everything."""
    return load((Path(__file__).parent / "stored.json").read_text())
