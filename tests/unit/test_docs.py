"""The documents name what is there: files, scripts, commands, codes, limits, settings.

Knows how the documents are written (Markdown links, code between backticks). Refuses to know whether a
sentence is true; that is for the tests of what it speaks of.
"""

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from hubbub import settings
from hubbub.cli import app
from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Code
from hubbub.protocol.closes import CloseCode
from hubbub.protocol.frames import ClientFrame
from hubbub.settings import Settings

ROOT = Path(__file__).parents[2]
READMES = (ROOT / "README.md", ROOT / "README.fr.md")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
SCRIPT = re.compile(r"\./(scripts/\w+|\.ci/\w+)")
COMMAND = re.compile(r"(?:^|(?<!from)[\s(/])hubbub((?: [a-z]+)+|(?= --))", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
NOT_MADE_YET = {"hubbub ledger redact"}
"""Commands that the protocol speaks of and says are not there."""


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def code_in(document: Path) -> list[str]:
    """The pieces of code in a document, blocks and inline ones."""
    return [block or inline for block, inline in CODE.findall(document.read_text())]


def resolved(words: list[str]) -> TyperCommand | TyperGroup | None:
    """The command that the first words name; what follows them are its arguments."""
    found: object = typer.main.get_command(app)
    for word in words:
        if isinstance(found, TyperGroup):
            found = found.commands.get(word)
    return found if isinstance(found, TyperCommand | TyperGroup) else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_script_that_is_named_is_there(document: Path) -> None:
    named = SCRIPT.findall(document.read_text())
    assert not [script for script in named if not (ROOT / script).is_file()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_that_is_named_exists(document: Path) -> None:
    named = [match[1].split() for code in code_in(document) for match in COMMAND.finditer(code)]
    unknown = {f"hubbub {' '.join(words)}" for words in named if resolved(words) is None}
    assert unknown <= NOT_MADE_YET


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_are_named_with_options_that_they_have(document: Path) -> None:
    lines = [line for code in code_in(document) for line in code.splitlines()]
    for line in lines:
        for match in COMMAND.finditer(line):
            command = resolved(match[1].split())
            if command is None:
                continue
            known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
            given = OPTION.findall(re.split(r"[|&)]", line[match.end() :])[0])
            assert set(given) <= known | {"--help"}, line


def test_both_readmes_show_the_same_code() -> None:
    english, french = ([code for code in code_in(readme) if "\n" in code] for readme in READMES)
    assert [code for code in english if "┌" not in code] == [code for code in french if "┌" not in code]


def test_the_french_readme_is_set_as_french_is() -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", READMES[1].read_text(), flags=re.DOTALL)
    assert not re.findall(r"\S+ [;:!?](?=\s|$)|\w'\w", prose, re.MULTILINE)


def test_the_protocol_names_every_refusal() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PROTOCOL.partition("## 6.")[2], re.MULTILINE)
    named = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    assert {code.value for code in Code} <= named


def test_the_protocol_names_every_close_code() -> None:
    rows = re.findall(r"^\| (\d{4}(?:, \d{4})*) \|", PROTOCOL, re.MULTILINE)
    named = {int(code) for row in rows for code in row.split(", ")}
    assert {int(code) for code in CloseCode} == named


def test_the_protocol_names_every_limit_that_welcome_tells() -> None:
    assert not [name for name in Limits.__struct_fields__ if f"`{name}`" not in PROTOCOL]


def test_the_protocol_names_every_command() -> None:
    tags = {str(kind.__struct_config__.tag) for kind in ClientFrame.__args__}
    assert not [t for t in tags if f'"t":"{t}"' not in PROTOCOL and f"`{t} {{" not in PROTOCOL]


def test_operations_name_every_setting_as_option_and_variable() -> None:
    rows = [line for line in OPERATIONS.splitlines() if line.startswith("| `--")]
    for name in Settings.model_fields:
        option, variable = f"`--{name.replace('_', '-')}`", f"`{settings.PREFIX}{name.upper()}`"
        assert [row for row in rows if option in row and variable in row], name


def test_no_document_speaks_of_a_setting_that_is_none() -> None:
    known = {f"{settings.PREFIX}{name}".upper() for name in Settings.model_fields} | {
        "HUBBUB_URL",
        "HUBBUB_TOKEN",
    }
    named = {word for document in DOCUMENTS for word in re.findall(r"HUBBUB_[A-Z_]+", document.read_text())}
    assert named <= known


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text()))
    assert listed == {page.name for page in folder.glob("0*.md")}
