"""`hubbub` and `python -m hubbub`: the command line, where the server is installed.

Knows only that it may not be: `pip install hubbub` is the library for programs.
"""

import sys


def main() -> None:
    """Runs the command line, or says how to install it."""
    try:
        from hubbub.cli import app
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("hubbub"):
            raise
        print(
            "The library for programs is installed, the server is not. Install it with:\n"
            '  pip install "hubbub[server]"   for a Redis or Valkey of your own\n'
            '  pip install "hubbub[demo]"     with a store inside',
            file=sys.stderr,
        )
        sys.exit(1)
    app(prog_name="hubbub")


if __name__ == "__main__":
    main()
