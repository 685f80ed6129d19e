"""Who would recommend us: the last answer of each relationship, until it gives another one."""

from __future__ import annotations

import msgspec

from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Relationship, Slot
from stream_app.journeys.survey import on_scale
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

PROMOTER, PASSIVE, DETRACTOR = "promoter", "passive", "detractor"
_PROMOTER_FROM, _PASSIVE_FROM = 9, 7

RECOMMENDATION = Measure(
    "recommendations", Kind.STOCK, "1", "Relationships by their last answer to the NPS question, and its hour.",
    by=("segment", "country"), dims=("answer",), bucket="h",
)  # fmt: skip


class Recommendation(msgspec.Struct, array_like=True, gc=False):
    """The last answer of a relationship."""

    at: int
    answer: str


SLOT: Slot[Recommendation] = Slot("nps", Recommendation)


def answer_of(score: float) -> str:
    """Return the group of a score: 9 and 10 promote, 7 and 8 are passive, 0 to 6 detract."""
    if score >= _PROMOTER_FROM:
        return PROMOTER
    return PASSIVE if score >= _PASSIVE_FROM else DETRACTOR


def _answered(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    data = fact.data
    if data.kind == "nps" and on_scale("nps", data.score):
        SLOT.put(rel, Recommendation(fact.at, answer_of(data.score)))


def _country(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    rel.country = fact.data.country or rel.country


_HANDLES: dict[str, Handler] = {
    "survey.answered": _answered,
    "lead.created": _country,
    "customer.created": _country,
}


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    last = SLOT.of(rel)
    if last is not None and not rel.merged:
        stocks.append((RECOMMENDATION, last.at, (last.answer,), (rel.segment, rel.country)))


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Keep the later of the two answers."""
    rel.country = rel.country or gone.country
    mine, theirs = SLOT.of(rel), SLOT.of(gone)
    if theirs is not None and (mine is None or theirs.at > mine.at):
        SLOT.put(rel, theirs)


PART = Part(
    "nps",
    _HANDLES,
    _standing,
    (RECOMMENDATION,),
    areas=frozenset({"value"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=_absorb,
)
