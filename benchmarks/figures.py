"""Figures: what a benchmark measured, in the one JSON shape that all of them write and the budgets read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

RESULTS = Path(__file__).parent / "results"

Condition = str | int | float | bool | None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure.

    Attributes:
        name: What was measured; the budgets find it by this name.
        unit: ``events/s``, ``s``, ``bytes``, ``ratio``...
        value: Median of the repeats; None if it could not be measured.
        min: Smallest of the repeats.
        max: Largest of the repeats.
        repeats: How many.
        conditions: Everything else that one must know to read it: contestant, events, remarks...
    """

    name: str
    unit: str
    value: float | None
    min: float | None
    max: float | None
    repeats: int
    conditions: dict[str, Condition] = {}

    @classmethod
    def of(cls, name: str, unit: str, values: Sequence[float], **conditions: Condition) -> Self:
        """Return the figure of some repeats; of none, a figure without a value."""
        if not values:
            return cls(name=name, unit=unit, value=None, min=None, max=None, repeats=0, conditions=conditions)
        return cls(
            name=name, unit=unit, value=median(values), min=min(values), max=max(values), repeats=len(values),
            conditions=conditions,
        )  # fmt: skip


def write(path: Path, figures: Iterable[Figure]) -> None:
    """Write figures as a JSON list, one to a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(msgspec.json.encode(figure).decode() for figure in figures)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def read(folder: Path = RESULTS) -> list[Figure]:
    """Return the figures of all result files; msgspec.ValidationError names what has another shape."""
    found: list[Figure] = []
    for path in sorted(folder.glob("*.json")):
        found += msgspec.json.decode(path.read_bytes(), type=list[Figure])
    return found
