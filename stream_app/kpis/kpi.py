"""What a KPI is: a named formula over cells and open clocks, declared once, published everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from stream_app.measures.count import Count
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.policies import Area

Part = Literal["", "mean", "numerator", "denominator", "low", "high"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of one KPI.

    Attributes:
        kpi: Name of the KPI.
        part: Empty for the value itself, or which companion of it this is.
        window: Rolling window such as ``1h``; ``None`` for a KPI of the present moment.
        labels: The fixed labels of the number and at most one breakdown label.
        value: In the unit of the KPI.
        n: How many things the number rests on.
    """

    kpi: str
    part: Part
    window: str | None
    labels: dict[str, str]
    value: float
    n: int


class Computation(Protocol):
    """One kind of formula. A new KPI picks a kind; a new kind is one file in ``kinds``."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts that it publishes, the value itself first."""

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Compute every number of *kpi* from the cells of *view*, at ``view.now``."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """The declaration of one KPI.

    Attributes:
        name: Metric name without the ``crm_`` prefix, ending in its unit where it has one.
        unit: ``seconds``, ``ratio``, or what is counted.
        area: The group that it is shown in.
        meaning: One sentence that a sales-ops person can read aloud.
        formula: The definition in words, exact enough to recompute it.
        source: The articles that name it, or the field's practice.
        by: Breakdown labels, of which a series carries at most one.
        compute: The kind of formula, with its measures.
        windowed: Whether it has rolling windows, or speaks of now.
        direction: Whether more is better (``up``), worse (``down``), or neither.
        clock: Name of the open clocks behind it, if it counts those.
        ignored: Measure that counts what the KPI leaves out, by reason.
        tile: Place of its tile on the wall page of its area, the smallest first; below 10 also on the first page;
            ``None`` for no tile.
        span: Lowest and highest value that it can have, ``None`` where there is no end; without a span, 0 and, for a
            ratio, 1.
    """

    name: str
    unit: str
    area: Area
    meaning: str
    formula: str
    source: str
    compute: Computation
    by: tuple[str, ...] = ()
    windowed: bool = True
    direction: Literal["up", "down"] | None = None
    clock: str | None = None
    ignored: Measure | None = None
    tile: int | None = None
    span: tuple[float | None, float | None] | None = None

    def samples(self, view: ReadModel) -> Iterator[Sample]:
        """Compute every number of this KPI, whatever the view remembers of the KPI that asks."""
        return self.compute.samples(self, view.remembering(None))

    def metric(self, part: Part = "") -> str:
        """Return the name of the gauge that carries *part*: the unit stays last."""
        if not part:
            return f"crm_{self.name}"
        stem, _, unit = self.name.rpartition("_")
        if unit != self.unit or not stem:
            return f"crm_{self.name}_{part}"
        if part in ("numerator", "denominator"):
            return f"crm_{stem}_{part}"
        return f"crm_{stem}_{part}_{unit}"

    def excluded(self, view: ReadModel) -> dict[str, dict[str, int]]:
        """Return what each window left out, by reason."""
        if self.ignored is None:
            return {}
        found: dict[str, dict[str, int]] = {}
        for window in view.windows:
            reasons = found[window.name] = {}
            for dims in view.dims(self.ignored):
                held = view.get(self.ignored, window, dims)
                if isinstance(held, Count):
                    reasons[dims[0]] = held.n
        return found
