"""The three families: relationships, users and campaigns, each with its parts; all measures that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas import CAMPAIGN_EVENTS, EVENTS, USER_EVENTS
from stream_app.journeys import campaign, funnel, goal, quality, user_activity, user_feature, user_seat
from stream_app.journeys.family import Family
from stream_app.journeys.part import Part
from stream_app.journeys.relationship import PARTS
from stream_app.journeys.state import Campaign, Relationship, User
from stream_app.measures.measure import Measure, registry

USER_PARTS: tuple[Part, ...] = (user_seat.PART, user_activity.PART, user_feature.PART)
"""In folding order."""
CAMPAIGN_PARTS: tuple[Part, ...] = (campaign.PART, goal.PART)
"""In folding order."""


def _measures(parts: Iterable[Part], *more: Measure) -> Mapping[str, Measure]:
    return registry((*(measure for part in parts for measure in part.measures), *quality.MEASURES, *more))


RELATIONSHIPS = Family(
    "relationships",
    frozenset(EVENTS) - USER_EVENTS - CAMPAIGN_EVENTS,
    Relationship,
    PARTS,
    _measures(PARTS, *funnel.MEASURES),
    funnels=True,
)
USERS = Family("users", USER_EVENTS, User, USER_PARTS, _measures(USER_PARTS))
CAMPAIGNS = Family("campaigns", CAMPAIGN_EVENTS, Campaign, CAMPAIGN_PARTS, _measures(CAMPAIGN_PARTS), keyed=True)

FAMILIES: tuple[Family, ...] = (RELATIONSHIPS, USERS, CAMPAIGNS)
"""Every family; the place of one never changes, as readers number partitions by it."""

MEASURES: Mapping[str, Measure] = registry(measure for family in FAMILIES for measure in family.measures.values())
"""Every measure that any journey emits, by name: what a reader of all families needs."""


def family_of(type_: str) -> Family:
    """Return the family of an event type, by its full name."""
    return next(family for family in FAMILIES if type_ in family.types)
