"""The product as a process whose wall clock can be moved while it runs: ``-m tests.faults.data.moved_clock worker``.

MOVED_CLOCK names a file with the seconds to add; no file, no shift. Like a stepped system clock it moves
``time.time`` and leaves ``time.monotonic`` alone. It is moved before anything else is imported, as some keep it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_file = Path(os.environ["MOVED_CLOCK"])
_time, _time_ns = time.time, time.time_ns


def _shift() -> float:
    try:
        return float(_file.read_text())
    except (OSError, ValueError):
        return 0.0


if __name__ == "__main__":
    time.time = lambda: _time() + _shift()
    time.time_ns = lambda: _time_ns() + int(_shift() * 1e9)

    from stream_app.__main__ import main

    main()
