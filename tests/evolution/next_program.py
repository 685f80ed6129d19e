"""The command line of a next version: a field more in what it stores, a measure more, the state version one higher."""

from tests.evolution.edited import FIELD, edit

if __name__ == "__main__":
    edit(FIELD)

    from stream_app.cli import main

    main()
