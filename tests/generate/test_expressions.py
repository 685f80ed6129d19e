"""The queries of a KPI pick its total, or the chosen channel or team, and never mix breakdowns."""

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser
import pytest

from stream_app.generate.expressions import TOTAL, broken_down, goal, headline, matchers, mean_legend, series, threshold
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True)
class Plain:
    """A kind of formula that has neither quantiles nor a mean."""

    parts: tuple[Part, ...] = ("",)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:  # noqa: ARG002  it gives no samples
        yield from ()


WAIT = Measure("wait", Kind.HISTOGRAM, "seconds", "A wait.", by=("channel",), dims=("time", "since"))
GAP = Measure("gap", Kind.HISTOGRAM, "seconds", "A gap.", by=("channel",), dims=("gap", "side"))
TRIES = Measure("tries", Kind.HISTOGRAM, "1", "Tries.", by=("channel",))


def kpi(name="touches", unit="touches", by=(), windowed=True, compute=None) -> Kpi:
    return Kpi(
        name=name, unit=unit, area="response", meaning="m", formula="f", source="s", by=by, windowed=windowed,
        compute=compute or Plain(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "fixed", "expected"),
    [
        pytest.param(kpi(), None, 'window="$window"', id="total only"),
        pytest.param(kpi(windowed=False), None, "", id="of now"),
        pytest.param(
            kpi(by=("channel", "team")), None, 'window="$window",channel=~"$channel",team=~"$team"', id="both chosen"
        ),
        pytest.param(kpi(by=("medium",), windowed=False), None, 'medium=""', id="another breakdown is left out"),
        pytest.param(kpi(windowed=False), {"quantile": "0.5"}, 'quantile="0.5"', id="fixed"),
    ],
)
def test_matchers(one, fixed, expected):
    assert matchers(one, fixed) == expected


def test_the_pattern_of_all_matches_only_an_absent_label():
    """Prometheus anchors patterns, and an absent label is the empty string."""
    import re

    assert re.fullmatch(TOTAL, "")
    assert not re.fullmatch(TOTAL, "web")


@pytest.mark.parametrize(
    ("name", "unit", "part", "metric"),
    [
        ("wait_seconds", "seconds", "", "crm_wait_seconds"),
        ("wait_seconds", "seconds", "mean", "crm_wait_mean_seconds"),
        ("win_ratio", "ratio", "numerator", "crm_win_numerator"),
        ("touches", "touches", "", "crm_touches"),
    ],
)
def test_a_series_is_the_same_from_every_board(name, unit, part, metric):
    expression = series(kpi(name, unit), part)
    parsed = promql_parser.parse(expression)
    assert isinstance(parsed, promql_parser.AggregateExpr)
    assert expression == f'max without (instance) ({metric}{{window="$window"}})'


@pytest.mark.parametrize(
    ("compute", "labels"),
    [
        pytest.param(Plain(), {}, id="neither quantiles nor forms"),
        pytest.param(Distribution(TRIES, quantiles=(0.5, 0.9)), {"quantile": "0.5"}, id="the median"),
        pytest.param(Distribution(TRIES, quantiles=(0.9,)), {}, id="no median"),
        pytest.param(
            Distribution(WAIT, quantiles=(0.5,)),
            {"quantile": "0.5", "time": "calendar", "since": "created"},
            id="in calendar time, since its beginning",
        ),
        pytest.param(
            Distribution(WAIT, quantiles=(0.5,), where=(("time", "business"),)),
            {"quantile": "0.5", "since": "created"},
            id="what is fixed is no choice",
        ),
    ],
)
def test_the_headline_is_the_number_that_most_people_mean(compute, labels):
    assert headline(kpi("wait_seconds", "seconds", compute=compute)) == labels


def test_a_goal_is_that_of_the_window_and_of_the_choice():
    one = kpi(by=("channel", "medium"))
    assert goal(one, {"form": "period"}) == (
        'max by (bound) (crm_kpi_goal{kpi="touches",window=~"$window|",channel=~"$channel",medium="",form="period"})'
    )
    assert goal(kpi(windowed=False)) == 'max by (bound) (crm_kpi_goal{kpi="touches"})'


def test_a_threshold_is_for_the_total():
    assert threshold(kpi(by=("channel",))) == (
        'max by (severity) (crm_kpi_threshold{kpi="touches",window=~"$window|"})'
    )


def test_a_breakdown_has_one_label_and_no_other():
    assert broken_down(kpi(by=("channel", "team")), "team") == (
        'max without (instance) (crm_touches{window="$window",channel="",team!=""})'
    )


@pytest.mark.parametrize(
    ("compute", "legend"),
    [
        pytest.param(Plain(), None, id="no mean"),
        pytest.param(Distribution(WAIT, mean=False), None, id="mean left out"),
        pytest.param(Distribution(WAIT), "mean {{channel}} {{team}}", id="of the form that is meant"),
        pytest.param(
            Distribution(GAP, where=(("side", "ours"),)),
            "mean {{gap}} {{channel}} {{team}}",
            id="a fixed label is not shown",
        ),
    ],
)
def test_the_legend_of_a_mean_names_the_labels_it_may_carry(compute, legend):
    assert mean_legend(kpi("wait_seconds", "seconds", compute=compute)) == legend
