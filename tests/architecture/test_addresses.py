"""No file names a package registry: where packages come from is for who installs to choose."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

# In pieces, so that this file does not name them either.
REGISTRIES = tuple(
    ".".join(parts).encode()
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("deb", "debian", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("maven", "org"),
    ]
)


def files() -> list[Path]:
    """List the files of the project: what git has, and what it would take."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        timeout=30,
        check=True,
    ).stdout
    return [ROOT / name.decode() for name in listing.split(b"\0") if name]


def test_no_file_names_a_package_registry() -> None:
    named = [
        f"{file.relative_to(ROOT)}: {host.decode()}"
        for file in files()
        if file.is_file()
        for host in REGISTRIES
        if host in file.read_bytes()
    ]
    assert not named


def test_constraints_pin_one_version_of_each_package_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    names = [name for name, pin, version in (line.partition("==") for line in lines) if pin and version]
    assert len(names) == len(lines) == len(set(names))
