"""`crm-pulse`, and `python -m stream_app`, which is the same."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it with status 130 and no traceback, also while it still loads."""
    try:
        from stream_app.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
