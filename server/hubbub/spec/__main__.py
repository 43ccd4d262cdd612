"""`python -m hubbub.spec`: writes the committed copies of the documents and their pages (`./scripts/specs`).

Knows where they stand in the repository. Refuses to know what is in them.
"""

import json
from pathlib import Path
from typing import Any

import hubbub
from hubbub.spec import asyncapi, documents, examples, openapi, pages

ROOT = Path(hubbub.__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "frames.json"
EXAMPLES = Path(examples.__file__).with_name("examples.json")
FOLDER = ROOT / "docs" / "spec"


def copies() -> dict[Path, str]:
    """What each of the committed files should hold."""
    return {
        FOLDER / "asyncapi.json": documents.asyncapi_json().decode(),
        FOLDER / "openapi.json": documents.openapi_json().decode(),
        FOLDER / "asyncapi.md": pages.socket_page(asyncapi.document()),
        FOLDER / "openapi.md": pages.calls_page(openapi.document()),
    }


def golden_examples() -> str:
    """What the file of examples should hold."""
    golden: dict[str, list[dict[str, Any]]] = json.loads(GOLDEN.read_text("utf-8"))
    found = {side: {one["name"]: json.loads(one["json"]) for one in golden[side]} for side in golden}
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Writes all of them; the examples first, for the documents hold them."""
    EXAMPLES.write_text(golden_examples(), "utf-8")
    FOLDER.mkdir(exist_ok=True)
    for path, text in copies().items():
        path.write_text(text, "utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
