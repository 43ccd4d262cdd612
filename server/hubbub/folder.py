"""The data folder: private to one user and in the hands of one server at a time.

Knows how a folder is closed to others and how locks tell living owners from dead ones. Refuses to
know what lies in it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StartRefused(Exception):
    """The server cannot start here; the text is one line for people (exit code 2)."""


@contextmanager
def owned_folder(folder: Path) -> Iterator[Path]:
    """Own a folder, mode 0700, while the context is open; it is made if it is not there.

    Raises `StartRefused` where it is another server's, cannot be written, or is open to others and
    holds other things. The kernel gives ownership up with the process, however that ends.
    """
    make_private(folder)
    with lock_file(folder / "lock") as descriptor:
        if not may_lock(descriptor):
            pid = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise StartRefused(
                f"Another hubbub (pid {pid}) uses this folder: {folder}. "
                "Stop it, or give another folder with --data-dir."
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield folder


def make_private(folder: Path) -> None:
    """Make the folder, or close one to others that is ours or empty; never a folder of other things."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_open = folder.stat().st_mode & 0o077 != 0
        names = os.listdir(folder)
        if is_open and names and "lock" not in names:
            raise StartRefused(
                f"The folder {folder} is open to others and holds other things: "
                "give one of its own with --data-dir."
            )
        if is_open:
            folder.chmod(0o700)
    except OSError as error:
        raise _unusable(folder, error) from error


@contextmanager
def lock_file(path: Path) -> Iterator[int]:
    """Open a file that is there to be locked; gives its descriptor, which children do not inherit."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(path.parent, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def may_lock(descriptor: int) -> bool:
    """Take the lock if it is free; says whether it is ours now, at once.

    It is held until the last process that has this descriptor, or inherited it, closes it or ends.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StartRefused(f"The data folder's file system knows no locks ({error.strerror}).") from error
    return True


def _unusable(folder: Path, error: OSError) -> StartRefused:
    return StartRefused(
        f"The folder {folder} cannot be used ({error.strerror}): give another with --data-dir."
    )
