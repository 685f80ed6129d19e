"""Changes to Faust that no subclass can make, and the version they were made for."""

from __future__ import annotations

from importlib.metadata import version

from stream_app.errors import UserError

FAUST_VERSION = "0.15.3"


def check_version() -> None:
    """Raise UserError when another Faust is installed than the one whose insides the engine relies on."""
    found = version("faust-streaming")
    if found != FAUST_VERSION:
        raise UserError(
            f"faust-streaming {found} is installed; the engine is made for {FAUST_VERSION}.",
            f"pip install faust-streaming=={FAUST_VERSION}",
        )


def apply() -> None:
    """Apply all patches; again is without effect."""
    check_version()
