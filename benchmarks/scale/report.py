"""The scale curves as Markdown: every figure with its spread, and the charts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.figures import Figure

_MIB = 1024 * 1024


def number(value: float, unit: str) -> str:
    """Return a value for people; bytes above a megabyte as MiB."""
    if unit == "bytes" and value >= _MIB:
        return f"{value / _MIB:,.0f} MiB"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text if unit == "ratio" else f"{text} {unit}"


def markdown(figures: Iterable[Figure], charts: Sequence[Path], document: Path) -> str:
    """Return the section for *document*: a table, then the charts by their path from there."""
    lines = ["| what | median | smallest to largest | repeats | told beside it |", "|---|---:|---:|---:|---|"]
    for one in figures:
        told = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in one.conditions.items())
        if one.value is None or one.min is None or one.max is None:
            lines.append(f"| {one.name} | not measured | | 0 | {told} |")
            continue
        spread = f"{number(one.min, one.unit)} to {number(one.max, one.unit)}" if one.repeats > 1 else ""
        lines.append(f"| {one.name} | {number(one.value, one.unit)} | {spread} | {one.repeats} | {told} |")
    pictures = [f"![{_title(path)}]({os.path.relpath(path, document.parent)})" for path in charts]
    return "\n".join([*lines, "", *pictures]) if pictures else "\n".join(lines)


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _title(path: Path) -> str:
    return path.stem.replace("-", " ")
