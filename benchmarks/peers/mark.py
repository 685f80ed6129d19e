"""What a contestant is told, and the mark it leaves at its first record; standard library only."""

from __future__ import annotations

import os
import time
from pathlib import Path

BROKERS = os.environ.get("BENCH_BROKERS", "")
TOPIC = os.environ.get("BENCH_TOPIC", "")
GROUP = os.environ.get("BENCH_GROUP", "")
"""Consumer group or application id, new for each lap."""
OUTPUT = os.environ.get("BENCH_OUTPUT", "")
"""Topic for results of contestants whose state is not in Kafka."""
PARTITIONS = int(os.environ.get("BENCH_PARTITIONS", "4"))
FOLDER = Path(os.environ.get("BENCH_FOLDER", "."))
"""Empty folder for local state."""

_TICKS = os.sysconf("SC_CLK_TCK")
_marked = False


def cpu_seconds(stat: str) -> float:
    """Return user and system time of a process and its ended children from the text of its ``/proc/.../stat``."""
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def first() -> None:
    """Note CPU time and clock, once; the race reads the file."""
    global _marked  # noqa: PLW0603  called for every record, so as cheap as can be
    if not _marked:
        _marked = True
        cpu = cpu_seconds(Path("/proc/self/stat").read_text())
        part = FOLDER / "mark.part"
        part.write_text(f"{cpu} {time.time()}")
        part.rename(FOLDER / "mark")
