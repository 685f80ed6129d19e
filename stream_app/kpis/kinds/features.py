"""Features by when they were last used: those that nobody uses any more, and how many use each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.ratio import RATIO_PARTS, ratio_samples
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.labels import OTHER
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel

LABEL = "feature"


@dataclass(frozen=True, slots=True)
class Unused:
    """Count the features that were used once and not within the horizon; absent while no feature is known.

    Attributes:
        used: Stock of users by feature and day of last use, one dim: who.
        who: The values of that dim.
        horizon_ms: How long a feature may rest.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    used: Measure
    who: tuple[str, ...]
    horizon_ms: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the number of unused features, then 1 for each of them."""
        named = sorted({value for who in self.who for value in view.values(self.used, LABEL, (who,))})
        known = [value for value in named if self._users(view, value) > 0]
        unused = [value for value in known if not self._users(view, value, self.horizon_ms)]
        if known:
            yield Sample(kpi.name, "", None, {}, len(unused), len(unused))
        for value in unused:
            yield Sample(kpi.name, "", None, {LABEL: value}, 1, 1)

    def _users(self, view: ReadModel, value: str, age: int | None = None) -> int:
        return sum(view.standing(self.used, (who,), LABEL, value, age) for who in self.who)


@dataclass(frozen=True, slots=True)
class Spread:
    """Share of the seats whose users used any feature within the horizon, and each; absent without seats.

    Attributes:
        seats: Stock of seats.
        using: Stock of seats by the day on which their users last used anything.
        used: Stock of users by feature and day of last use, one dim: who.
        who: The value of that dim that stands for seats.
        horizon_ms: How long ago the last use may be.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    seats: Measure
    using: Measure
    used: Measure
    who: str
    horizon_ms: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the ratio with its parts for any feature, then for each; users of several rare ones would add up."""
        below = view.standing(self.seats)
        if below <= 0:
            return
        yield from ratio_samples(kpi, None, {}, view.standing(self.using, age=self.horizon_ms), below)
        dims = (self.who,)
        for value in view.values(self.used, LABEL, dims):
            # What nobody uses any more may have left a trace or none, as the order of the events has it.
            if value != OTHER and view.standing(self.used, dims, LABEL, value) > 0:
                above = view.standing(self.used, dims, LABEL, value, self.horizon_ms)
                yield from ratio_samples(kpi, None, {LABEL: value}, above, below)
