"""What a program must install: the library alone. The server's libraries are not there in these tests."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMPORT_NAMES = {"PyJWT": "jwt", "redis[hiredis]": "redis", "pydantic-settings": "pydantic_settings"}

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {missing!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Missing())
{scene}
"""


def names_of(extra: str) -> set[str]:
    """The import names of an extra's libraries."""
    libraries = [one for one in PROJECT["optional-dependencies"][extra] if not one.startswith("hubbub")]
    plain = [one.partition(">")[0] for one in libraries]
    return {IMPORT_NAMES.get(one, one) for one in plain}


def run_without_the_server(scene: str) -> subprocess.CompletedProcess[str]:
    """A new Python that has the base installation only."""
    program = WITHOUT.format(missing=names_of("server") | names_of("demo") | {"pytest_asyncio"}, scene=scene)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "scene",
    [
        "from hubbub import Bot, connect; Bot(); connect('http://127.0.0.1:1')",
        "import hubbub.testing.plugin, hubbub; from hubbub.testing import FakeHub; FakeHub(hubbub.Bot())",
    ],
)
def test_the_library_and_its_fake_hub_need_nothing_of_the_server(scene: str) -> None:
    run = run_without_the_server(scene)
    assert run.returncode == 0, run.stderr


def test_the_command_says_how_the_server_is_installed() -> None:
    run = run_without_the_server("from hubbub.__main__ import main; sys.argv = ['hubbub', 'serve']; main()")
    assert run.returncode == 1
    assert 'pip install "hubbub[server]"' in run.stderr and 'pip install "hubbub[demo]"' in run.stderr


def test_the_base_installation_has_three_libraries() -> None:
    assert sorted(one.partition(">")[0] for one in PROJECT["dependencies"]) == [
        "msgpack",
        "msgspec",
        "websockets",
    ]


def test_a_test_run_that_asks_for_no_fixture_does_not_load_the_library() -> None:
    scene = "import sys, hubbub.testing.plugin as _; sys.exit('msgspec' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", scene], capture_output=True, check=False)
    assert run.returncode == 0


def test_a_server_does_not_load_the_library_of_programs() -> None:
    scene = "import sys, hubbub.domain, hubbub.protocol.codecs as _; sys.exit('hubbub.sdk' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", scene], capture_output=True, check=False)
    assert run.returncode == 0
