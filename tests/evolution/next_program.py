"""The command line of a next version of the program: its state is of a version one higher, and it reads the present."""

from stream_app.journeys import shard

shard.STATE_VERSION = bytes([shard.STATE_VERSION[0] + 1])  # type: ignore[misc]  # what an edit of the file would do

if __name__ == "__main__":
    from stream_app.cli import main

    main()
