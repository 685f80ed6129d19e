"""Funnels: who reached each step, who converted, who is still in progress and who was lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stream_app.journeys import funnel as measures
from stream_app.kpis.kinds.cuts import count_in, counted, cut_labels, cuts
from stream_app.kpis.kinds.ratio import ratio_samples
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Funnel


@dataclass(frozen=True, slots=True)
class Cohort:
    """One funnel in one window and cut.

    Attributes:
        names: The steps, in order.
        entered: How many reached each step.
        in_progress: How many stand at each step with time left to convert; nobody at the last.
    """

    names: tuple[str, ...]
    entered: tuple[int, ...]
    in_progress: tuple[int, ...]


def cohort(view: ReadModel, funnel: Funnel, window: Window, label: str, value: str) -> Cohort:
    """Read one funnel for everybody who entered within *window*."""
    names = tuple(step.name for step in funnel.steps)
    entered = [count_in(view, measures.STEP, window, (funnel.name, name), label, value) or 0 for name in names]
    # A pane is in progress while its youngest entry may be: until its end plus the time to convert has passed.
    standing = [
        view.recent(measures.HERE, window, funnel.window_ms, (funnel.name, name), label, value)
        for name in (names[:-1] if entered[0] > 0 else ())
    ]
    in_progress = [0 if held is None else counted(held) for held in standing]
    return Cohort(names, tuple(entered), (*in_progress, 0))


Numbers = Callable[[Kpi, Window, Cohort, dict[str, str]], Iterator[Sample]]
"""Turns one cohort into the samples of one KPI."""


@dataclass(frozen=True, slots=True)
class OverFunnels:
    """Publish numbers of every configured funnel."""

    funnels: tuple[Funnel, ...]
    numbers: Numbers
    parts: tuple[Part, ...] = ("",)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the numbers per funnel, window and cut; a window that nobody entered has none."""
        for funnel in self.funnels:
            first = (funnel.name, funnel.steps[0].name)
            for label, value in cuts(view, measures.STEP, kpi.by, first):
                for window in view.windows:
                    found = cohort(view, funnel, window, label, value)
                    if found.entered[0] > 0:
                        yield from self.numbers(kpi, window, found, {"funnel": funnel.name, **cut_labels(label, value)})


def entered(kpi: Kpi, window: Window, found: Cohort, labels: dict[str, str]) -> Iterator[Sample]:
    """Yield how many reached each step."""
    for name, count in zip(found.names, found.entered, strict=True):
        yield Sample(kpi.name, "", window.name, {**labels, "step": name}, count, count)


def in_progress(kpi: Kpi, window: Window, found: Cohort, labels: dict[str, str]) -> Iterator[Sample]:
    """Yield how many stand at each step with time left."""
    for name, count in zip(found.names[:-1], found.in_progress[:-1], strict=True):
        yield Sample(kpi.name, "", window.name, {**labels, "step": name}, count, count)


def converted(kpi: Kpi, window: Window, found: Cohort, labels: dict[str, str]) -> Iterator[Sample]:
    """Yield, for each step after the first, the share of the step before that reached it."""
    for number in range(1, len(found.names)):
        if found.entered[number - 1]:
            at_step = {**labels, "step": found.names[number]}
            yield from ratio_samples(kpi, window.name, at_step, found.entered[number], found.entered[number - 1])


def dropped(kpi: Kpi, window: Window, found: Cohort, labels: dict[str, str]) -> Iterator[Sample]:
    """Yield, for each step but the last, the share of those who reached it and were lost there."""
    for number in range(len(found.names) - 1):
        if found.entered[number]:
            lost = found.entered[number] - found.entered[number + 1] - found.in_progress[number]
            at_step = {**labels, "step": found.names[number]}
            yield from ratio_samples(kpi, window.name, at_step, lost, found.entered[number])
