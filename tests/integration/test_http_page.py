"""The examples of docs/http.md do what the page says, one after the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from hubbub.hooks.signature import signature
from tests.support.server import running_node
from tests.support.tokens import SECRET, token

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
EXAMPLE = re.compile(r"```sh\n(.*?)```(?:\n```json\n(.*?)```)?", re.DOTALL)
MARK = "-- example --"


async def test_every_example_answers_with_what_the_page_shows(tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGE)
    script = "set -e\n" + "".join(f"echo; echo '{MARK}'\n{commands}" for commands, _ in examples)
    async with running_node(tmp_path / "node", "--secret", SECRET, "--demo") as node:
        variables = {"SITE": node.http_url, "TOKEN": token("u:42", roles={"place": "owner"})}
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env={**os.environ, "NO_PROXY": "127.0.0.1", **variables},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    answers = done.stdout.split(MARK)[1:]
    for (commands, shown), answer in zip(examples, answers, strict=True):
        if shown:
            assert outline(json.loads(answer)) == outline(json.loads(shown)), commands


def outline(fields: dict[str, Any]) -> dict[str, str]:
    """The names of an answer and the types of what they name."""
    return {name: type(value).__name__ for name, value in fields.items()}


def test_the_program_of_the_page_tells_our_signature_from_others() -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)
    is_from_hubbub = names["is_from_hubbub"]
    now = int(time.time())
    assert is_from_hubbub("a key", signature("a key", now, b"{}"), b"{}")
    assert not is_from_hubbub("a key", signature("another", now, b"{}"), b"{}")
    assert not is_from_hubbub("a key", signature("a key", now, b"{}"), b"[]")
    assert not is_from_hubbub("a key", signature("a key", now - 3_600, b"{}"), b"{}")
