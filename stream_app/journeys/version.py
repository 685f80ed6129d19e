"""The version of what journeys store: a program reads its own and those before."""

from __future__ import annotations

from typing import Final

STATE_VERSION: Final = b"\x02"


class NewerState(RuntimeError):
    """The stored state was written by a newer program than this one."""


def refuse_newer(version: int, where: str) -> None:
    """Raise NewerState when *where*, in words, has a state version that this program does not know."""
    if version > STATE_VERSION[0]:
        raise NewerState(
            f"{where} has state version {version}; this program reads {STATE_VERSION[0]} and below: run the version "
            "that wrote it, or a later one"
        )
