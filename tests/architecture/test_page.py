"""The modules of the page: small, explained, and with a library among them that knows no page."""

import re
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "client_demo" / "js"
OURS = sorted(SCRIPTS.glob("hubbub/*.js")) + sorted(SCRIPTS.glob("ui/*.js"))
LIBRARY = [module for module in OURS if module.parent.name == "hubbub"]

FILE_LINES = 400
LINE_CHARS = 120
# What only a page has; a worker, or another program, has not.
OF_A_PAGE = re.compile(r"\b(document|window|navigator|location|localStorage|sessionStorage)\.")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def name_of(module: Path) -> str:
    return str(module.relative_to(SCRIPTS))


@pytest.mark.parametrize("module", OURS, ids=name_of)
def test_a_module_of_the_page_says_what_it_is_for(module: Path) -> None:
    assert module.read_text("utf-8").startswith("/**")


@pytest.mark.parametrize("module", OURS, ids=name_of)
def test_a_module_of_the_page_stays_readable_in_one_sitting(module: Path) -> None:
    lines = module.read_text("utf-8").splitlines()

    assert len(lines) <= FILE_LINES
    assert max(map(len, lines)) <= LINE_CHARS


@pytest.mark.parametrize("module", LIBRARY, ids=name_of)
def test_the_library_knows_no_page(module: Path) -> None:
    code = COMMENT.sub("", module.read_text("utf-8"))

    assert not OF_A_PAGE.findall(code)


@pytest.mark.parametrize("module", LIBRARY, ids=name_of)
def test_the_library_can_be_copied_without_the_page(module: Path) -> None:
    imported = re.findall(r'(?:from|import) "([^"]+)"', COMMENT.sub("", module.read_text("utf-8")))

    assert all(path.startswith(("./", "../vendor/")) for path in imported)
