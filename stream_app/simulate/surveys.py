"""What people are asked: how satisfied they are, how likely to recommend us, how much work we made them."""

from __future__ import annotations

from typing import Any, Literal

from stream_app.simulate.town import HOUR, MINUTE, Life, Person, Town

Asked = Literal["csat", "nps", "ces"]
_ANSWERS = {
    "csat": ((5, 5), (4, 4), (3, 2), (2, 1), (1, 1)),
    "nps": ((10, 4), (9, 4), (8, 4), (7, 3), (6, 2), (4, 1), (1, 1)),
    "ces": ((1, 5), (2, 4), (3, 3), (5, 2), (7, 1)),
}
"""Score and weight of each answer."""
_PATIENCE = {"csat": (0.5, 30 * MINUTE), "nps": (0.3, 6 * HOUR), "ces": (0.4, 10 * MINUTE)}
"""Chance of an answer, and the median seconds until it comes."""
ABOUT = (("product", 4), ("service", 3), ("delivery", 2))


def asked(town: Town, person: Person, kind: Asked, **about: Any) -> Life:
    """Be asked, and answer or not."""
    survey = {"survey_id": town.id("survey"), "kind": kind, "agent_id": person.owner.id, **about}
    yield town.around(2 * MINUTE), "survey.sent", {
        **survey, "team": person.team.name, "category": town.weighted(ABOUT),
    }  # fmt: skip
    chance, patience = _PATIENCE[kind]
    if town.chance(chance):
        yield town.around(patience), "survey.answered", {**survey, "score": float(town.weighted(_ANSWERS[kind]))}
