"""The measurements that need no load generator, on a real server."""

from dataclasses import replace
from pathlib import Path

from bench.burst import burst
from bench.machine import Cores
from bench.stage import SMALL, Stage


def test_a_paused_reader_gets_a_burst_without_a_gap_and_not_entry_by_entry(tmp_path: Path) -> None:
    scale = replace(SMALL, pause_seconds=0.0)
    stage = Stage(tmp_path, Cores(None, None), tmp_path, tmp_path, 1, scale, lambda line: None)
    [(_, figures)] = list(burst(stage))
    assert figures["faults"] == 0
    assert figures["held_back_bytes"] > 0
    assert figures["surplus_writes"] == 0
