"""The size of things: every module says what it is for, and neither files nor functions grow without end."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "server" / "hubbub"
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(module.relative_to(PACKAGE)) for module in MODULES]

FILE_LINES = 400
FUNCTION_LINES = 60


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_a_module_says_what_it_knows(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_bytes()))


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_a_file_stays_readable_in_one_sitting(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_a_function_fits_on_a_screen(module: Path) -> None:
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(module.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]
    assert not long


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.lua")), ids=lambda module: module.name)
def test_a_store_function_file_opens_with_its_table_of_arguments(module: Path) -> None:
    head = "\n".join(module.read_text().splitlines()[:40])
    assert "KEYS" in head
    assert "ARGV" in head
