"""What may stand in the log of a process that was treated badly, and the search for anything else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SEVERE = re.compile(r"\[(error|critical)\s*\]|^Traceback|Error in recovery", re.IGNORECASE)
_EXPLAINED = [
    re.compile(pattern)
    for pattern in (
        # What aiokafka says while its broker is away or its group moves; it tries again.
        r"\[aiokafka[.\w]*\]",
        # What librdkafka says of connections that broke or are refused; it tries again. What it gives up for good,
        # it tells by callbacks, which end the worker.
        r"\] (FAIL|REQTMOUT|ERROR) \[crm-pulse",
        # The thread was frozen with its process.
        r"Thread keepalive is not responding",
        # The fail-stops that faults are meant to bring about; each names its cause.
        r"worker stops now: this worker has lost a partition without being told in time",
    )
]


def unexplained(log: Path, *also: str) -> list[str]:
    """Return the severe lines of a log that no fault explains; ``also`` are patterns that this test expects."""
    expected = [*_EXPLAINED, *map(re.compile, also)]
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [line for line in lines if _SEVERE.search(line) and not any(one.search(line) for one in expected)]
