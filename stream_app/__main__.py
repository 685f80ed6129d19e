"""`python -m stream_app`, the same as `crm-pulse`."""

from stream_app.cli import main

if __name__ == "__main__":
    main()
