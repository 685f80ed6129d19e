"""Laws of every KPI of the catalogue, whatever it is: lists, breakdowns, absence, replay."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_app.board.clocks import Query, select
from stream_app.kpis import CATALOGUE
from stream_app.kpis.kinds.amounts import Mean
from stream_app.kpis.kinds.different import Different
from stream_app.kpis.kinds.lifetime import Expected, ToDate
from stream_app.kpis.kinds.lost_value import LostValue
from stream_app.kpis.kinds.population import StartShare
from stream_app.kpis.kinds.ratio import Ratio, Whole
from stream_app.kpis.kinds.waiting import Open
from tests.journeys.generated import DAY, START, histories, numbered
from tests.journeys.log import NOW, Log, delivered, numbers, view_of

pytestmark = pytest.mark.timeout(400)

LAW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MEASURED = ("ratio", "seconds")
"""Units of which there is nothing to say where nothing happened."""


WITHOUT = {("credit", "unattributed"): "campaign", ("touched", "no"): "campaign"}
"""Fixed labels that say that another one has no value."""
SIGNED = {"campaign_cost_eur", "campaign_roi_ratio", "list_growth_ratio"}
"""KPIs of amounts and changes below 0: a part of such a sum may be more than all of it."""
UNBOUND = {
    "campaign_roi_ratio",
    "list_growth_ratio",
    "purchases_per_customer",
    "acquisition_cost_eur",
    "retention_cost_eur",
}
"""KPIs of which a value without a denominator (no cost, an empty list) is absent; its numerator is in the total."""

AVERAGES = (Mean, ToDate, Expected, LostValue)
"""Kinds that publish no count although they have one part."""
OVERLAPPING = {
    ("feature_users_ratio", "feature"),  # somebody uses several features, and each share is one of all seats
    ("features_unused", "feature"),  # a feature is counted once, whoever used it
    ("revenue_eur", "product"),  # an order of several product lines has none
}
"""Labels of which a thing may have several values, or none although all is known."""


def fixed(kpi, sample):
    """The labels of a sample without its breakdown."""
    return tuple(sorted((name, value) for name, value in sample.labels.items() if name not in kpi.by))


def broken_down(kpi, sample):
    """The breakdown label of a sample; None for a total."""
    return next((name for name in sample.labels if name in kpi.by), None)


def counts(kpi):
    """Tell which parts of a KPI are counts of things, each of which has one value of a label."""
    if "denominator" in kpi.compute.parts:
        return {"numerator", "denominator"}
    average = isinstance(kpi.compute, AVERAGES) or kpi.unit in MEASURED or kpi.area == "goals"
    return {""} if kpi.compute.parts == ("",) and not average else set()


def added_up(samples):
    """Yield (kpi, label, total, the values of the label) of all that is counted."""
    totals: dict[Any, float] = {}
    values: defaultdict[Any, list[float]] = defaultdict(list)
    for sample in samples:
        kpi = CATALOGUE[sample.kpi]
        if sample.part not in counts(kpi) or "quantile" in sample.labels:
            continue
        name = kpi.name, sample.part, sample.window, fixed(kpi, sample)
        label = broken_down(kpi, sample)
        if label is None:
            totals[name] = sample.value
        else:
            values[name, label].append(sample.value)
    for name, total in totals.items():
        kpi, part = CATALOGUE[name[0]], name[1]
        whole = undivided(kpi) if part == "denominator" else set()
        several = {label for other, label in OVERLAPPING if other == kpi.name}
        for label in {*kpi.by} - several - whole - {WITHOUT.get(one) for one in name[3]}:
            yield name, label, total, values[name, label]


def undivided(kpi):
    """The labels that only the numerator of a ratio has: each value is a share of the whole."""
    variants = kpi.compute.variants if isinstance(kpi.compute, Ratio) else ()
    return {source.label for one in variants for source in one.denominator if isinstance(source, Whole)}


def distinct(name):
    """Tell whether a part counts different things: one that changed its label meanwhile counts under both."""
    kpi, part = CATALOGUE[name[0]], name[1]
    variants = kpi.compute.variants if isinstance(kpi.compute, Ratio) and part else ()
    return any(isinstance(source, Different) for one in variants for source in getattr(one, part))


def alone(kpi, view, name, label):
    """What a numerator has of the values of a label that have no denominator: no share of theirs, but in the total.

    A lead that arrived before the window converts in it; who paid at its start now pays for another plan as well.
    """
    _, part, window, named = name
    share = kpi.compute
    if part != "numerator" or not isinstance(share, Ratio | StartShare):
        return 0
    (here,) = (one for one in view.windows if one.name == window)
    if isinstance(share, Ratio):
        (one,) = (one for one in share.variants if one.labels == dict(named))
        values = {value for source in one.numerator for value in source.values(view, label)}
        lone = [value for value in values if not sum(of.count(view, here, label, value) for of in one.denominator)]
        return sum(source.count(view, here, label, value) for source in one.numerator for value in lone)
    (form,) = (form for form in share.forms if form.labels == dict(named))
    cuts = [cut for cut in share.flows.cuts(view, kpi.by) if cut[0] == label]
    new = [cut for cut in cuts if not share.flows.at_start(view, here, *cut)]
    change = sum(share.flows.change(view, here, form.kinds, *cut) for cut in new)
    return (change if form.of == "kept" else -change) / share.scale


def samples_of(view):
    return [sample for kpi in CATALOGUE.values() for sample in kpi.samples(view)]


@LAW
@given(histories())
def test_the_list_behind_a_number_is_as_long_as_the_number(records):
    """
    Every count of open clocks has as many clocks behind it, in total and for each label (worked case 25).
    """
    view = view_of(delivered(records))
    clocks = {name: tuple(view.clocks(name)) for _, counted in COUNTING for name, _ in counted.clocks}

    for kpi, counted in COUNTING:
        for sample in kpi.samples(view):
            names = tuple(name for name, labels in counted.clocks if dict(labels).items() <= sample.labels.items())
            wanted = tuple((name, value) for name, value in sample.labels.items() if name in kpi.by)
            page = select(clocks, Query(clocks=names, labels=wanted), view.now, counted.test)
            assert sample.value == page.total, (kpi.name, sample.labels)


COUNTING = [(kpi, kpi.compute) for kpi in CATALOGUE.values() if isinstance(kpi.compute, Open)]


def test_every_kpi_that_counts_clocks_is_among_them():
    """
    A KPI that says that clocks are behind it counts or measures those.
    """
    assert {kpi.name for kpi, _ in COUNTING} >= {"leads_waiting", "leads_overdue", "cases_waiting", "deals_open"}
    assert {kpi.clock for kpi, _ in COUNTING} >= {kpi.clock for kpi in CATALOGUE.values() if not kpi.windowed} - {None}


@LAW
@given(histories(complete=True))
def test_what_is_counted_adds_up_over_a_breakdown_where_labels_are_complete(records):
    """
    Numerators, denominators and counts of the values of a label add to the total when everything has a value.
    """
    view = view_of(delivered(records))
    for name, label, total, parts in added_up(samples_of(view)):
        whole = sum(parts) + alone(CATALOGUE[name[0]], view, name, label)
        several = distinct(name) and whole > total
        assert whole == pytest.approx(total) or several or name[0] in UNBOUND, (name, label)


@LAW
@given(histories() | histories(span=40 * DAY))
def test_a_breakdown_never_has_more_than_the_total(records):
    """
    What has no value for a label is only in the total; of losses, which are below 0, as well.
    """
    for name, label, total, parts in added_up(samples_of(view_of(delivered(records), START + 41 * DAY))):
        whole = max(parts, default=0) if distinct(name) else sum(parts)
        assert min(total, 0) - 1e-9 <= whole <= max(total, 0) + 1e-9 or name[0] in SIGNED, (name, label)


@LAW
@given(histories(), st.sampled_from([0, 30 * DAY, 400 * DAY]))
def test_absent_is_not_zero(records, later):
    """
    A share of nothing and a duration that never happened are absent; what is there rests on something.
    """
    for sample in samples_of(view_of(delivered(records), NOW + later)):
        kpi = CATALOGUE[sample.kpi]
        if kpi.unit in MEASURED and sample.part in ("", "mean", "denominator"):
            assert sample.n > 0, sample
        if sample.part == "denominator":
            assert sample.value > 0, sample


def test_before_anything_happened_only_counts_are_there_and_they_are_zero():
    """
    No ratio, no duration and no breakdown value comes out of nothing.
    """
    for sample in samples_of(view_of(Log())):
        kpi = CATALOGUE[sample.kpi]
        assert sample.value == sample.n == 0
        assert kpi.unit not in MEASURED
        assert broken_down(kpi, sample) is None


@LAW
@given(histories(span=40 * DAY), st.integers(1, 7))
def test_a_replay_gives_the_numbers_of_the_live_view(records, size):
    """
    A board that saw every step, and was asked at every step, has the numbers of one that starts at the end.
    """
    log, records, now = Log(), numbered(records), START + 41 * DAY
    live = view_of(log, START)
    for start in range(0, len(records), size):
        before = {name: dict(cells) for name, cells in log.cells.items()}
        log.apply(records[start : start + size])
        for source, (name, cells) in enumerate(log.cells.items()):
            for key in {**before[name], **cells}:
                if before[name].get(key) != cells.get(key):
                    live.update(source, key, cells.get(key))
        live.advance(START + (now - START) * start // len(records))
        samples_of(live)
    live.advance(now)

    seen = {
        (s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): (round(s.value, 9), s.n)
        for s in samples_of(live)
        if s.value or s.n
    }
    assert seen == numbers(log, now)
