"""`python -m hubbub.tether PROGRAM`: runs a program until it ends, or until who started it is gone.

Knows that its standard input is a pipe, whose other end is held by who started it and never written to.
Refuses to know the program: it is asked to end by SIGTERM, like any other.
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Runs the program that the command line names, with the words behind it."""
    threading.Thread(target=_end_with_the_pipe, daemon=True).start()
    del sys.argv[0]
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")


def _end_with_the_pipe() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
