"""The check of the catalogue: every problem at once, each with the KPI that it is in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from stream_app.kpis import CATALOGUE, MEASURES, catalogue
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.kpis.registry import BadCatalogue, checked, measures_behind
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.read_model import ReadModel
from stream_app.policies import AREAS, Policies

CALLS = Measure("calls", Kind.COUNT, "calls", "A call.", by=("team",))
ANSWERED = Measure("calls_answered", Kind.COUNT, "calls", "A call that was answered.", by=("team",))
BY_TEAM = Measure("calls_by_team", Kind.COUNT, "calls", "A call.", dims=("team",))
KNOWN = {measure.name: measure for measure in (CALLS, ANSWERED, BY_TEAM)}

GOOD = Kpi(
    name="calls",
    unit="calls",
    area="service",
    meaning="Calls.",
    formula="Calls in the window.",
    source="A3",
    compute=Tally(CALLS),
    by=("team",),
)
RATIO = replace(
    GOOD, name="answer_ratio", unit="ratio", compute=Ratio((Variant((Counted(ANSWERED),), (Counted(CALLS),)),))
)


UNKNOWN = Measure("x", Kind.COUNT, "x", "x")


@dataclass(frozen=True)
class Twin:
    """A kind that claims a part of another KPI's name."""

    parts: tuple[Part, ...] = ("", "mean")

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:  # noqa: ARG002  it gives no samples
        yield from ()


@pytest.mark.parametrize(
    ("kpis", "said"),
    [
        pytest.param([replace(GOOD, name="Calls")], "Calls: the name is not snake_case", id="name"),
        pytest.param(
            [replace(RATIO, name="answers")], "answers: the name does not end in its unit _ratio", id="unit in the name"
        ),
        pytest.param([replace(GOOD, unit="")], "calls: unit is missing", id="no unit"),
        pytest.param([replace(GOOD, meaning="")], "calls: meaning is missing", id="no meaning"),
        pytest.param([replace(GOOD, by=("colour",))], "calls: colour is no breakdown label", id="unknown label"),
        pytest.param(
            [replace(GOOD, by=("queue",))],
            "broken down by queue, which none of ['calls'] has",
            id="label that no measure has",
        ),
        pytest.param(
            [replace(GOOD, compute=Tally(BY_TEAM), by=())],
            "team is a fixed label of calls_by_team",
            id="unbounded label",
        ),
        pytest.param([GOOD, GOOD], "calls: declared twice", id="name twice"),
        pytest.param(
            [replace(GOOD, compute=Twin()), replace(GOOD, name="calls_mean")],
            "calls_mean: its gauge crm_calls_mean is also a gauge of calls",
            id="gauge twice",
        ),
        pytest.param(
            [replace(GOOD, compute=Tally(Measure("visits", Kind.COUNT, "visits", "A visit.", by=("team",))))],
            "calls: visits is no measure of any journey",
            id="unknown measure",
        ),
        pytest.param(
            [replace(RATIO, compute=Ratio((Variant((Counted(CALLS),), (Counted(UNKNOWN),)),)))],
            "answer_ratio: x is no measure of any journey",
            id="unknown measure deep inside",
        ),
        pytest.param([replace(GOOD, ignored=UNKNOWN)], "x is no measure", id="unknown ignored"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(kpis, said):
    with pytest.raises(BadCatalogue) as refused:
        checked(kpis, KNOWN)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_all_problems_are_told_at_once():
    with pytest.raises(BadCatalogue) as refused:
        checked([replace(GOOD, unit="", by=("colour",)), replace(RATIO, name="Answers"), GOOD], KNOWN)
    assert len(str(refused.value).splitlines()) == 5


def test_good_declarations_keep_their_order():
    assert list(checked([RATIO, GOOD], KNOWN)) == ["answer_ratio", "calls"]
    assert measures_behind(RATIO) == [ANSWERED, CALLS]


def test_the_catalogue_passes_and_most_of_it_rests_on_measures():
    assert sum(bool(measures_behind(kpi)) for kpi in CATALOGUE.values()) > len(CATALOGUE) / 2
    for kpi in CATALOGUE.values():
        assert {measure.name for measure in measures_behind(kpi)} <= set(MEASURES)


@pytest.mark.parametrize("area", AREAS)
def test_each_area_stands_on_its_own(area):
    assert {kpi.area for kpi in catalogue(Policies(areas=(area,))).values()} <= {area}
