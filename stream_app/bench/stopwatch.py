"""CPU time of one process between its first and its last record, written to a file for the benchmark to read."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path


class Stopwatch:
    """Start at the first record, stop at the last, then end the process.

    Args:
        expected: Records to count.
        report: File for the result; it appears when all is done.
    """

    def __init__(self, expected: int, report: Path) -> None:
        self._expected = expected
        self._report = report
        self._counted = 0
        self._cpu = 0.0
        self._wall = 0.0

    def start(self) -> None:
        """Note the start, once."""
        if not self._cpu:
            self._cpu, self._wall = time.process_time(), time.perf_counter()

    def count(self, records: int) -> None:
        """Count records whose work is done; after the last one, report and leave."""
        self._counted += records
        if self._counted >= self._expected:
            figures = {
                "records": self._counted,
                "cpu_seconds": time.process_time() - self._cpu,
                "wall_seconds": time.perf_counter() - self._wall,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
            part = self._report.with_suffix(".part")
            part.write_text(json.dumps(figures))
            part.rename(self._report)
            os._exit(0)
