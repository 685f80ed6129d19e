"""The survey: what a customer answered, credited to the agent who was in charge when it was sent."""

from __future__ import annotations

from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.state import Relationship, Survey
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

SATISFIED_FROM = 4
"""Lowest CSAT score, of 5, that counts as satisfied."""
BEST = 5
KEPT = 50
"""Surveys remembered for one relationship; the oldest make room."""

SENT = Measure("surveys_sent", Kind.COUNT, "1", "Surveys sent.", by=("agent_id", "team"), dims=("kind",))
ANSWERED = Measure("surveys_answered", Kind.COUNT, "1", "Surveys answered.", by=("agent_id", "team"), dims=("kind",))
SATISFIED = Measure("csat_satisfied", Kind.COUNT, "1", "CSAT answers of 4 or 5.", by=("agent_id", "team"))


def _sent(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.survey_id in rel.surveys:
        return
    case = rel.cases.get(data.case_id) if data.case_id else None
    agent = data.agent_id or (case.owner_id if case is not None else None)
    survey = _remembered(rel, data.survey_id, Survey(agent, case.team if case is not None else rel.team))
    out.append((SENT, fact.at, 1, (data.kind,), (survey.agent_id, survey.team), 1))


def _remembered(rel: Relationship, survey_id: str, survey: Survey) -> Survey:
    while len(rel.surveys) >= KEPT:
        del rel.surveys[next(iter(rel.surveys))]
    rel.surveys[survey_id] = survey
    return survey


def _answered(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    survey = rel.surveys.get(data.survey_id)
    if survey is None:
        survey = _remembered(rel, data.survey_id, Survey(data.agent_id, rel.team))
    if survey.answered:
        return
    survey.answered = True
    labels = (survey.agent_id, survey.team)
    out.append((ANSWERED, fact.at, 1, (data.kind,), labels, 1))
    if data.kind == "csat" and SATISFIED_FROM <= data.score <= BEST:
        out.append((SATISFIED, fact.at, 1, (), labels, 1))


_HANDLES: dict[str, Handler] = {"survey.sent": _sent, "survey.answered": _answered}


PART = Part("survey", _HANDLES, None, (SENT, ANSWERED, SATISFIED), areas=frozenset({"service"}))
