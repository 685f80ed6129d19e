"""KPIs, clocks and progress as the JSON that the API answers."""

from collections.abc import Sequence
from urllib.parse import quote

from stream_app.board import clocks as open_clocks
from stream_app.board import shapes
from stream_app.board.aims import goal_of, pace_of
from stream_app.board.clocks import Query, iso, row
from stream_app.board.headline import companion, headline, totals, variants, windows_of
from stream_app.board.history import History
from stream_app.board.paging import next_page, previous_page
from stream_app.board.progress import Progress
from stream_app.board.snapshot import Collected, Snapshot
from stream_app.kpis.kinds.waiting import Open, Test
from stream_app.kpis.kpi import Kpi, Sample


def moment(snapshot: Snapshot) -> shapes.Figures:
    """Return what every answer with figures begins with: for when they are, and how fresh the data is."""
    return {
        "at": iso(snapshot.at),
        "watermark": iso(snapshot.watermark),
        "warnings": list(snapshot.progress.warnings),
    }


def progress(now: Progress) -> shapes.Readiness:
    """Return the readiness with its reasons, and where the reader stands in every partition."""
    return {
        "ready": now.ready,
        "reasons": list(now.reasons),
        "warnings": list(now.warnings),
        "broker_up": not now.trouble,
        "read_ratio": now.read_ratio,
        "records": now.records,
        "last_record_at": iso(now.last_record_at),
        "partitions": [
            {
                "topic": p.topic,
                "partition": p.partition,
                "position": p.position,
                "end": p.end,
                "lag": p.lag,
                "caught_up": p.caught_up,
            }
            for p in now.partitions
        ],
    }


def sample(kpi: Kpi, one: Sample) -> shapes.Sample:
    """Return one sample under the name of its gauge."""
    return {
        "metric": kpi.metric(one.part),
        "part": one.part,
        "window": one.window,
        "labels": one.labels,
        "value": one.value,
        "n": one.n,
    }


def declaration(kpi: Kpi) -> shapes.Declaration:
    """Return what the catalogue says of a KPI."""
    return {
        "name": kpi.name,
        "area": kpi.area,
        "unit": kpi.unit,
        "metric": kpi.metric(""),
        "meaning": kpi.meaning,
        "formula": kpi.formula,
        "source": kpi.source,
        "by": list(kpi.by),
        "windowed": kpi.windowed,
        "direction": kpi.direction,
        "clock": kpi.clock,
        "url": f"/api/v1/kpis/{kpi.name}",
    }


def summary(one: Collected, window: str | None) -> shapes.Kpi:
    """Return a row of the catalogue: the declaration and the value that stands for it."""
    shown = [sample(one.kpi, s) for s in variants(one.kpi, one.samples, window)]
    return {
        **declaration(one.kpi),
        "ok": not one.error,
        "error": one.error or None,
        "series": len(one.samples),
        "headline": shown[0] if shown else None,
        "variants": shown,
    }


def catalogue(snapshot: Snapshot, area: str | None, window: str | None) -> shapes.Catalogue:
    """Return all KPIs, or those of *area*, with their values in *window*."""
    everything = snapshot.collected.values()
    chosen = [one for one in everything if area is None or one.kpi.area == area]
    return {
        **moment(snapshot),
        "areas": list(dict.fromkeys(one.kpi.area for one in everything)),
        "windows": list(snapshot.windows),
        "total": len(chosen),
        "kpis": [summary(one, window) for one in chosen],
    }


def detail(
    snapshot: Snapshot, one: Collected, window: str | None, limit: int, history: History | None = None
) -> shapes.KpiDetail:
    """Return everything behind one KPI, so that its number can be traced."""
    kpi, samples = one.kpi, [s for s in one.samples if window is None or s.window in {None, window}]
    top = headline(kpi, one.samples, window)
    return {
        **moment(snapshot),
        **declaration(kpi),
        "ok": not one.error,
        "error": one.error or None,
        "value": top.value if top else None,
        "n": top.n if top else 0,
        "window": top.window if top else window,
        "labels": top.labels if top else {},
        "numerator": _part("numerator", top, samples),
        "denominator": _part("denominator", top, samples),
        "mean": _part("mean", top, samples),
        "goal": goal_of(snapshot, top) if top else None,
        "pace": pace_of(snapshot, top) if top else None,
        "excluded": one.excluded,
        "windows": windows_of(one.samples),
        "totals": [sample(kpi, s) for s in totals(kpi, samples)],
        "breakdowns": breakdowns(kpi, samples),
        "people": people(snapshot, kpi, samples),
        "samples": [sample(kpi, s) for s in samples],
        "open_clocks": behind(snapshot, kpi, limit),
        "history": _history(history, kpi, window, top),
        "grafana_url": snapshot.directory.graph(kpi.name),
    }


def _part(part: str, top: Sample | None, samples: Sequence[Sample]) -> float | None:
    found = companion(part, top, samples) if top else None
    return found.value if found else None


def _history(history: History | None, kpi: Kpi, window: str | None, top: Sample | None) -> shapes.Past:
    """Return what the value was since the board started: times in seconds since the epoch, and values."""
    if history is None or top is None:
        return {"times": [], "values": []}
    times = [at // 1000 for at in history.times()]
    values = history.line(kpi.name, window, None, top.labels.items())
    return {"times": times[len(times) - len(values) :], "values": values}


def people(snapshot: Snapshot, kpi: Kpi, samples: Sequence[Sample]) -> dict[str, str]:
    """Return what the owners and agents of the breakdowns are called, by id."""
    known = snapshot.directory.owners
    told = {"owner_id", "agent_id"} & {*kpi.by}
    ids = {one.labels[label] for one in samples for label in told & one.labels.keys()}
    return {name: known[name] for name in sorted(ids & known.keys())}


def breakdowns(kpi: Kpi, samples: Sequence[Sample]) -> dict[str, dict[str, list[shapes.Sample]]]:
    """Return the samples by breakdown label and its value; labels without data are left out."""
    found: dict[str, dict[str, list[shapes.Sample]]] = {}
    for label in kpi.by:
        values: dict[str, list[shapes.Sample]] = {}
        for one in samples:
            if label in one.labels:
                values.setdefault(one.labels[label], []).append(sample(kpi, one))
        if values:
            found[label] = values
    return found


def behind(snapshot: Snapshot, kpi: Kpi, limit: int) -> list[shapes.ClockList]:
    """Return the lists of open clocks behind a KPI, the most urgent first; none for most KPIs.

    A KPI that counts clocks has one list per number (`labels` tell which), and each list has as many
    rows as its number. A KPI about clocks that it does not count has everyone who waits.
    """
    if isinstance(kpi.compute, Open):
        return [_list(snapshot, name, dict(labels), kpi.compute.test, limit) for name, labels in kpi.compute.clocks]
    return [_list(snapshot, kpi.clock, {}, open_clocks.TESTS["waiting"], limit)] if kpi.clock else []


def _list(snapshot: Snapshot, clock: str, labels: dict[str, str], test: Test, limit: int) -> shapes.ClockList:
    state = next((state for state, known in open_clocks.TESTS.items() if known is test), None)
    page = open_clocks.select(snapshot.clocks, Query((clock,), limit=limit), snapshot.at, test)
    return {
        "clock": clock,
        "labels": labels,
        "state": state,
        "total": page.total,
        "items": [row(one, snapshot.at, snapshot.directory) for one in page.items],
        "url": f"/api/v1/clocks?clock={quote(clock)}" + (f"&state={state}" if state else ""),
    }


def clock_page(snapshot: Snapshot, query: Query) -> shapes.ClockPage:
    """Return one page of the waiting list with the counts of each clock."""
    page = open_clocks.select(snapshot.clocks, query, snapshot.at)
    return {
        **moment(snapshot),
        "total": page.total,
        "offset": query.offset,
        "limit": query.limit,
        "next": next_page(query, page.total),
        "previous": previous_page(query, page.total),
        "counts": {name: open_clocks.counts(group, snapshot.at) for name, group in snapshot.clocks.items()},
        "values": open_clocks.values(snapshot.clocks, query),
        "items": [row(clock, snapshot.at, snapshot.directory) for clock in page.items],
    }
