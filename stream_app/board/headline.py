"""Which of a KPI's many samples stands for it in a list."""

import re
from collections.abc import Iterable, Sequence

from stream_app.kpis.kpi import Kpi, Sample

PREFERRED_WINDOW = "24h"
PREFERRED_LABELS = (("quantile", "0.5"), ("time", "calendar"), ("since", "created"))
"""Of several forms of one figure, the one that most people mean; the others are a click away."""
Cut = tuple[str, str]
"""A breakdown label and one of its values."""
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def window_seconds(window: str) -> int:
    """Return the length of *window*, for example 900 for "15m"; 0 if it is none."""
    match = re.fullmatch(r"(\d+)([smhd])", window)
    return int(match[1]) * SECONDS[match[2]] if match else 0


def windows_of(samples: Iterable[Sample]) -> list[str]:
    """Return the windows that occur, shortest first."""
    return sorted({s.window for s in samples if s.window}, key=window_seconds)


def totals(kpi: Kpi, samples: Iterable[Sample]) -> list[Sample]:
    """Return the samples without a breakdown label."""
    by = set(kpi.by)
    return [sample for sample in samples if by.isdisjoint(sample.labels)]


def of_cut(samples: Iterable[Sample], cut: Cut) -> list[Sample]:
    """Return the samples of one value of a breakdown label."""
    label, value = cut
    return [sample for sample in samples if sample.labels.get(label) == value]


def variants(kpi: Kpi, samples: Iterable[Sample], window: str | None = None, cut: Cut | None = None) -> list[Sample]:
    """Return the samples that a reader most likely means: one, or one per funnel step, age, promise...

    They are of one *cut*, or have no breakdown label, and are the figure itself rather than a part of it; of
    quantiles it is the median. Without a *window* it is the one of 24 h, else the longest. A KPI that has no windows
    answers for every window.
    """
    chosen = totals(kpi, samples) if cut is None else of_cut(samples, cut)
    found = [sample for sample in chosen if sample.part == ""]
    if window is None:
        known = windows_of(found)
        window = PREFERRED_WINDOW if PREFERRED_WINDOW in known or not known else known[-1]
    found = [sample for sample in found if sample.window in {None, window}]
    for label, value in PREFERRED_LABELS:
        if any(sample.labels.get(label) == value for sample in found):
            found = [sample for sample in found if sample.labels.get(label, value) == value]
    return found


def headline(kpi: Kpi, samples: Sequence[Sample], window: str | None = None) -> Sample | None:
    """Return the first of the variants, None if there is no value."""
    return next(iter(variants(kpi, samples, window)), None)


def companion(part: str, of: Sample, samples: Iterable[Sample]) -> Sample | None:
    """Return the *part* (numerator, denominator, mean) that belongs to the sample *of*."""
    labels = {name: value for name, value in of.labels.items() if name != "quantile"}
    return next((s for s in samples if (s.part, s.window, s.labels) == (part, of.window, labels)), None)
