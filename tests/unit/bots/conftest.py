"""The example bots as modules, fresh for each test: they keep what they know in themselves."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

BOTS = Path(__file__).parents[3] / "client_demo" / "bots"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Loads a bot by the name of its file."""
    monkeypatch.syspath_prepend(BOTS)

    def load(name: str) -> ModuleType:
        sys.modules.pop("feed", None)
        spec = importlib.util.spec_from_file_location(f"bot_{name}", BOTS / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
