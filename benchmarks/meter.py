"""The meter: a process's CPU time and peak memory, as the operating system counts them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.mark import cpu_seconds


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds (user and system, with ended children), the clock, and the most memory so far."""

    cpu: float
    wall: float
    peak_bytes: int


def read(pid: int) -> Reading | None:
    """Read a process and its living children; None if it has ended."""
    cpu, peak = 0.0, 0
    for one in (pid, *children(pid)):
        try:
            stat = Path(f"/proc/{one}/stat").read_text()
            status = Path(f"/proc/{one}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if "VmHWM:" not in status:  # it has ended, and its parent has not looked yet
            continue
        cpu += cpu_seconds(stat)
        peak += int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return Reading(cpu, time.time(), peak) if peak else None


def children(pid: int) -> list[int]:
    """Return the living children of a process and theirs, outermost first."""
    try:
        direct = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    found = []
    for child in map(int, direct):
        found += [child, *children(child)]
    return found


def ended(pid: int) -> tuple[int, Reading] | None:
    """Return exit status and last reading of a child that has ended; None while it runs."""
    got, status, usage = os.wait4(pid, os.WNOHANG)
    if not got:
        return None
    reading = Reading(usage.ru_utime + usage.ru_stime, time.time(), usage.ru_maxrss * 1024)
    return os.waitstatus_to_exitcode(status), reading
