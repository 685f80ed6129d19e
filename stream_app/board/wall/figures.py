"""What one page of the wall shows at one moment, as JSON: tiles with their trend, and who waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stream_app.board import clocks as open_clocks
from stream_app.board.aims import goal_of, pace_of
from stream_app.board.clocks import Query, row
from stream_app.board.describe import moment
from stream_app.board.headline import Cut, companion, of_cut, totals, variants
from stream_app.board.history import History
from stream_app.board.shapes import Counts, State
from stream_app.board.snapshot import Collected, Snapshot
from stream_app.board.wall.pages import PAGES, Page, tiles
from stream_app.kpis.kpi import Kpi, Sample

ROWS = 8
"""Open clocks in a list."""
TREND_POINTS = 240
"""Points of a trend: an hour."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a wall was asked to show.

    Attributes:
        page: Which page.
        window: Rolling window; ``None`` for the usual one.
        labels: Breakdown labels and the values that the wall is narrowed to, at most one value per label.
    """

    page: Page
    window: str | None = None
    labels: tuple[Cut, ...] = ()


def figures(snapshot: Snapshot, history: History, choice: Choice) -> dict[str, Any]:
    """Return everything that the page shows."""
    if not snapshot.ready:
        return {
            **moment(snapshot),
            "ready": False,
            "reasons": list(snapshot.progress.reasons),
            "read_ratio": snapshot.progress.read_ratio,
        }
    return {
        **moment(snapshot),
        "ready": True,
        "fresh": snapshot.fresh,
        "page": choice.page.name,
        "pages": [{"name": page.name, "title": page.title} for page in PAGES],
        "windows": list(snapshot.windows),
        "times": [at // 1000 for at in history.times()[-TREND_POINTS:]],
        "tiles": [tile(snapshot, one, history, choice) for one in tiles(choice.page, snapshot.collected.values())],
        "clocks": waiting(snapshot, choice),
    }


def tile(snapshot: Snapshot, one: Collected, history: History, choice: Choice) -> dict[str, Any]:
    """Return one KPI: its value, the quantile beside it, its rows if it has several, its goal and the trend."""
    kpi = one.kpi
    cut = cut_of(kpi, choice)
    every = variants(kpi, one.samples, choice.window, cut)
    shown = [sample for sample in every if choice.page.shows(sample.labels.get("funnel"))]
    top = shown[0] if shown else None
    return {
        "kpi": kpi.name,
        "unit": kpi.unit,
        "direction": kpi.direction,
        "meaning": kpi.meaning,
        "windowed": kpi.windowed,
        "error": one.error or None,
        "window": top.window if top else None,
        "cut": list(cut) if cut else None,
        "goal": goal_of(snapshot, top) if top else None,
        "pace": pace_of(snapshot, top) if top else None,
        "narrowed": cut is not None or not choice.labels,
        "rows": [figure(kpi, each, one, cut) for each in shown],
        "trend": [] if top is None else rounded(
            history.line(kpi.name, choice.window, cut, top.labels.items())[-TREND_POINTS:]
        ),
    }  # fmt: skip


def figure(kpi: Kpi, sample: Sample, one: Collected, cut: Cut | None) -> dict[str, Any]:
    """Return a sample with what belongs to it: the quantile that is higher, numerator and denominator."""
    found: dict[str, Any] = {"labels": sample.labels, "value": sample.value, "n": sample.n}
    around = of_cut(one.samples, cut) if cut else totals(kpi, one.samples)
    for part in ("numerator", "denominator"):
        other = companion(part, sample, around)
        if other is not None:
            found[part] = other.value
    if "quantile" in sample.labels:
        labels = {**sample.labels, "quantile": "0.9"}
        found["p90"] = next(
            (each.value for each in around if (each.part, each.window, each.labels) == ("", sample.window, labels)),
            None,
        )
    return found


def cut_of(kpi: Kpi, choice: Choice) -> Cut | None:
    """Return what a KPI can be narrowed to, of what was asked for: one label at a time; ``None`` for its total."""
    return next((cut for cut in choice.labels if cut[0] in kpi.by), None)


def rounded(values: list[float | None]) -> list[float | None]:
    """Return the values with as many digits as a line on a screen can show."""
    return [None if value is None else float(f"{value:.6g}") for value in values]


def waiting(snapshot: Snapshot, choice: Choice) -> dict[str, Any] | None:
    """Return who waits: counts, who has waited longest, who is due next, who is overdue the longest."""
    prefixes = choice.page.clocks
    names = tuple(name for name in snapshot.clocks if name.startswith(prefixes)) if prefixes else ()
    if not names:
        return None
    by_clock = {name: _counts(snapshot, name, choice) for name in names}
    overdue = _page(snapshot, names, choice, "overdue")
    oldest = _page(snapshot, names, choice, "waiting", sort="since", limit=1)
    # In the order of due times those that are overdue come first: what is due next begins behind them.
    after = _page(snapshot, names, choice, "waiting", offset=overdue.total)
    return {
        "counts": by_clock,
        "oldest": [row(clock, snapshot.at, snapshot.directory) for clock in oldest.items],
        "next": [row(clock, snapshot.at, snapshot.directory) for clock in after.items if clock.due is not None],
        "overdue": [row(clock, snapshot.at, snapshot.directory) for clock in overdue.items],
    }


def _counts(snapshot: Snapshot, name: str, choice: Choice) -> Counts:
    wanted = choice.labels
    group = [clock for clock in snapshot.clocks[name] if all(clock.labels.get(k) == v for k, v in wanted)]
    return open_clocks.counts(group, snapshot.at)


def _page(
    snapshot: Snapshot, names: tuple[str, ...], choice: Choice, state: State, *, sort: str = "due", offset: int = 0,
    limit: int = ROWS,
) -> open_clocks.Page:  # fmt: skip
    query = Query(names, choice.labels, state, sort, limit, offset)
    return open_clocks.select(snapshot.clocks, query, snapshot.at)
