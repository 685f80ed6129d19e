"""The survey: what a customer answered, credited to the agent who was in charge when it was sent."""

from __future__ import annotations

from stream_app.journeys.part import Emission, Fact, Handler, Labels, Part
from stream_app.journeys.state import Relationship, Survey
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

SATISFIED_FROM = 4
"""Lowest CSAT score, of 5, that counts as satisfied."""
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
"""Lowest and highest answer by kind of survey."""
KEPT = 50
"""Surveys remembered for one relationship; the oldest make room."""
THOUSANDTHS = 1000
"""Scores are added up in thousandths, as sums are whole numbers."""

_BY = ("agent_id", "team", "category")

SENT = Measure("surveys_sent", Kind.COUNT, "1", "Surveys sent.", by=_BY, dims=("kind",))
RETURNED = Measure(
    "surveys_returned", Kind.COUNT, "1", "Surveys that were answered, when they had been sent.", by=_BY, dims=("kind",)
)
ANSWERED = Measure("surveys_answered", Kind.COUNT, "1", "Surveys answered.", by=_BY, dims=("kind",))
SATISFIED = Measure("csat_satisfied", Kind.COUNT, "1", "CSAT answers of 4 or 5.", by=_BY)
SCORE = Measure("survey_scores", Kind.SUM, "thousandths of a point", "Answers, by kind.", by=_BY, dims=("kind",))
IGNORED = Measure("surveys_ignored", Kind.COUNT, "1", "Answers that are left out, by reason.", dims=("reason",))


def _sent(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.survey_id in rel.surveys:
        return
    case = rel.cases.get(data.case_id) if data.case_id else None
    agent = data.agent_id or (case.owner_id if case is not None else None)
    team = data.team or (case.team if case is not None else rel.team)
    category = data.category or (case.category if case is not None else None)
    survey = _remembered(rel, data.survey_id, Survey(agent, team, category=category, sent_at=fact.at))
    out.append((SENT, fact.at, 1, (data.kind,), _labels(survey), 1))


def _remembered(rel: Relationship, survey_id: str, survey: Survey) -> Survey:
    while len(rel.surveys) >= KEPT:
        del rel.surveys[next(iter(rel.surveys))]
    rel.surveys[survey_id] = survey
    return survey


def _labels(survey: Survey) -> Labels:
    return (survey.agent_id, survey.team, survey.category)


def on_scale(kind: str, score: float) -> bool:
    """Tell whether an answer lies on the scale of its kind of survey."""
    lowest, highest = SCALES[kind]
    return lowest <= score <= highest


def _answered(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if not on_scale(data.kind, data.score):
        out.append((IGNORED, fact.at, 1, ("off_scale",), (), 1))
        return
    survey = rel.surveys.get(data.survey_id)
    if survey is None:
        survey = _remembered(rel, data.survey_id, Survey(data.agent_id, rel.team))
    if survey.answered:
        out.append((IGNORED, fact.at, 1, ("answered_before",), (), 1))
        return
    survey.answered = True
    labels = _labels(survey)
    out.append((ANSWERED, fact.at, 1, (data.kind,), labels, 1))
    out.append((SCORE, fact.at, round(data.score * THOUSANDTHS), (data.kind,), labels, 1))
    if survey.sent_at is None:
        out.append((IGNORED, fact.at, 1, ("sending_not_known",), (), 1))
    else:
        out.append((RETURNED, survey.sent_at, 1, (data.kind,), labels, 1))
    if data.kind == "csat" and data.score >= SATISFIED_FROM:
        out.append((SATISFIED, fact.at, 1, (), labels, 1))


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the surveys of another relationship; the answers to come keep their credit."""
    for survey_id, survey in gone.surveys.items():
        if survey_id not in rel.surveys:
            _remembered(rel, survey_id, survey)


_HANDLES: dict[str, Handler] = {"survey.sent": _sent, "survey.answered": _answered}


PART = Part(
    "survey",
    _HANDLES,
    None,
    (SENT, RETURNED, ANSWERED, SATISFIED, SCORE, IGNORED),
    areas=frozenset({"service"}),
    absorb=_absorb,
)
