"""What the page and the tests use of others is as it was published, and nothing else is beside it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VENDORS = (ROOT / "client_demo" / "js" / "vendor", ROOT / "tests" / "vendor")
PACKAGES = sorted(folder for vendor in VENDORS for folder in vendor.iterdir() if folder.is_dir())


def listing(package: Path) -> dict[str, Any]:
    """What a package's folder says it holds."""
    read: dict[str, Any] = json.loads((package / "VENDOR.json").read_text("utf-8"))
    return read


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_vendored_file_is_the_one_that_was_published(package: Path) -> None:
    listed = listing(package)["files"]

    found = {name: hashlib.sha256((package / name).read_bytes()).hexdigest() for name in listed}

    assert found == listed


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_vendored_file_is_unlisted(package: Path) -> None:
    listed = listing(package)

    found = {str(file.relative_to(package)) for file in package.rglob("*") if file.is_file()}

    assert found == {*listed["files"], *listed["ours"]}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_vendored_package_names_its_version_and_licence(package: Path) -> None:
    listed = listing(package)

    assert listed["name"] and listed["version"] and listed["licence"]
    assert (package / "LICENSE").is_file()
