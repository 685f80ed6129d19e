"""How many different things took part: a numerator or denominator of a ratio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.measures.distinct import Distinct
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window


@dataclass(frozen=True, slots=True)
class Different:
    """The number of different ids of a distinct measure: exact up to 256 in a window, then within about 2 %."""

    measure: Measure

    def count(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return the count in the window for the cut."""
        held = view.get(self.measure, window, (), label, value)
        assert held is None or isinstance(held, Distinct)
        return 0 if held is None else held.n

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that the measure has for the label."""
        return view.values(self.measure, label, ())
