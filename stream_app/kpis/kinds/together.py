"""Several formulas of one kind that make one KPI, told apart by their fixed labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stream_app.kpis.kinds.cuts import formula
from stream_app.kpis.kpi import Computation, Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Together:
    """Publish what each formula does."""

    formulas: tuple[Computation, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts, which are those of each formula."""
        return self.formulas[0].parts

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the numbers of one formula after the other."""
        for number, one in enumerate(self.formulas):
            formula(view, number)
            yield from one.samples(kpi, view)
