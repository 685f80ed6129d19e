"""The command line of a next version that has a measure more and stores its state as before."""

from tests.evolution.edited import MEASURE, edit

if __name__ == "__main__":
    edit(MEASURE)

    from stream_app.cli import main

    main()
