"""Single keys from a terminal, without waiting for Enter; nothing where the input is no terminal."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from types import TracebackType
from typing import Self

_NAMES = {b"\x1b[C": "right", b"\x1bOC": "right", b"\x1b[D": "left", b"\x1bOD": "left", b"\x1b": "q", b"\t": "right"}


class Keys:
    """Takes the keys of standard input while it is entered, and gives the terminal back as it was."""

    def __init__(self) -> None:
        """Look at what standard input is."""
        self._input = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
        self._before: list[object] = []

    def __enter__(self) -> Self:
        """Let keys come at once and unseen; Ctrl-C goes on to interrupt."""
        if self._input is not None:
            self._before = list(termios.tcgetattr(self._input))
            tty.setcbreak(self._input)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal."""
        if self._input is not None:
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]  # as it was read

    def pressed(self, seconds: float) -> str:
        """Return the key that is pressed within *seconds*: its letter, `left`, `right`; "" for none."""
        if self._input is None:
            time.sleep(seconds)
            return ""
        if not select.select([self._input], [], [], seconds)[0]:
            return ""
        typed = os.read(self._input, 16)
        if not typed:  # the terminal has gone: an ssh connection that broke
            return "q"
        return _NAMES.get(typed) or typed[:1].decode("ascii", "replace").lower()
