"""Count and measure raw lists over rolling windows, exactly.

Rules: a window of W at `now` covers the panes with index in (now // pane - W / pane, now // pane]. Panes are minutes
up to 2 h, hours up to 7 d, UTC days above. Quantiles are linear between the two nearest ranks. Breakdowns are one
label at a time; what has no value for a label is only in the total. Where nothing is, there is no number, but a
count of its own (not of a breakdown) is 0.
"""

from typing import Any, NamedTuple

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WINDOWS = {
    "15m": (15 * MINUTE, MINUTE), "1h": (HOUR, MINUTE), "24h": (DAY, HOUR),
    "7d": (7 * DAY, HOUR), "30d": (30 * DAY, DAY), "90d": (90 * DAY, DAY),
}  # fmt: skip


class Row(NamedTuple):
    """Something that happened: when (ms), how much (ms or a count), its fixed labels, its breakdown labels."""

    at: int
    value: Any
    fixed: dict[str, str]
    by: dict[str, Any]


def inside(at, window, now):
    """Tell whether a time lies in a window."""
    length, pane = WINDOWS[window]
    return now // pane - length // pane < at // pane <= now // pane


def start(window, now):
    """Return when a window begins: with its oldest pane."""
    length, pane = WINDOWS[window]
    return (now // pane - length // pane + 1) * pane


def cuts(labels, by):
    """Return the series that something is counted in: the total, and one for each label that it has."""
    return [{}, *({label: labels[label]} for label in by if labels.get(label))]


def key(kpi, part, window, labels):
    """Return the name of one number."""
    return kpi, part, window, tuple(sorted(labels.items()))


def series(rows, by):
    """Return (labels, rows) for every combination of fixed labels and cut."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        for cut in cuts(row.by, by):
            found.setdefault(tuple({**row.fixed, **cut}.items()), []).append(row)
    return [(dict(labels), some) for labels, some in found.items()]


def windowed(rows, by, now):
    """Return (window, labels, rows) for every window and series that holds something."""
    return [
        (window, labels, within)
        for labels, some in series(rows, by)
        for window in WINDOWS
        if (within := [row for row in some if inside(row.at, window, now)])
    ]


def quantile(values, share):
    """Return a quantile, linear between neighbours."""
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def distribution(kpi, rows, by, now, shares=(0.5, 0.9), scale=1000):
    """Return the quantiles and the mean of each series in each window; values are divided by *scale*."""
    numbers = {}
    for window, labels, some in windowed(rows, by, now):
        values = [row.value for row in some]
        at_least_0 = [max(0, value) for value in values]
        for share in shares:
            numbers[key(kpi, "", window, {**labels, "quantile": str(share)})] = quantile(at_least_0, share) / scale
        numbers[key(kpi, "mean", window, labels)] = sum(values) / len(values) / scale
    return numbers


def tally(kpi, rows, by, now, always=({},)):
    """Return how many rows each series has in each window; the totals of *always* are there even when 0."""
    numbers = {key(kpi, "", window, fixed): 0 for fixed in always for window in WINDOWS}
    for _, labels, some in windowed(rows, (), now):  # what happened in one window is 0 in the others
        numbers.update({key(kpi, "", window, labels): 0 for window in WINDOWS if some})
    for window, labels, some in windowed(rows, by, now):
        numbers[key(kpi, "", window, labels)] = len(some)
    return numbers


def fraction(kpi, window, labels, above, below):
    """Return a ratio with its parts."""
    return {
        key(kpi, "", window, labels): above / below,
        key(kpi, "numerator", window, labels): above,
        key(kpi, "denominator", window, labels): below,
    }


def ratio(kpi, above, below, by, now, fixed):
    """Return rows over rows, for each series of *below* in each window; fixed labels of the rows do not matter."""
    counts = {}
    for window, labels, some in windowed([row._replace(fixed={}) for row in above], by, now):
        counts[window, tuple(labels.items())] = len(some)
    numbers = {}
    for window, labels, some in windowed([row._replace(fixed={}) for row in below], by, now):
        over = counts.get((window, tuple(labels.items())), 0)
        numbers.update(fraction(kpi, window, {**labels, **fixed}, over, len(some)))
    return numbers


def amounts(kpi, rows, by, now, always=({},), scale=100):
    """Return the sums of the rows' values, in units of *scale*; the totals of *always* are there even when 0."""
    numbers = {key(kpi, "", window, fixed): 0 for fixed in always for window in WINDOWS}
    for window, labels, some in windowed(rows, by, now):
        numbers[key(kpi, "", window, labels)] = sum(row.value for row in some) / scale
    return numbers


def unlike(kpi, above, below, by, now, fixed):
    """Return different values over different values, for each series of *below* in each window.

    What counts rows and not different values passes rows whose values all differ.
    """
    counts = {}
    for window, labels, some in windowed([row._replace(fixed={}) for row in above], by, now):
        counts[window, tuple(labels.items())] = len({row.value for row in some})
    numbers = {}
    for window, labels, some in windowed([row._replace(fixed={}) for row in below], by, now):
        over = counts.get((window, tuple(labels.items())), 0)
        numbers.update(fraction(kpi, window, {**labels, **fixed}, over, len({row.value for row in some})))
    return numbers


def per_one(kpi, rows, by, now, scale=1):
    """Return the sum of the rows' values over how many rows there are, with both beside it."""
    numbers = {}
    for window, labels, some in windowed(rows, by, now):
        numbers.update(fraction(kpi, window, labels, sum(row.value for row in some) / scale, len(some)))
    return numbers
