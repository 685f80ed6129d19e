"""Alerts that the board tells an Alertmanager itself, to the second, without Prometheus between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Told:
    """One alert that no rule makes.

    Attributes:
        name: In CamelCase.
        severity: As that of a rule; "none" is for nobody.
        when: When it fires, and when it ends.
        description: What it means.
        causes: What it usually is.
        steps: What to do, in order.
    """

    name: str
    severity: Literal["page", "warn", "none"]
    when: str
    description: str
    causes: tuple[str, ...]
    steps: tuple[str, ...]


AT_RISK = Told(
    "CrmPromiseAtRisk",
    "warn",
    "the share `risk_share` of a promise's time has passed and nobody has answered. It ends with the answer, or when "
    "the promise is overdue: then CrmPromiseOverdue takes its place",
    "One person waits, and there is still time to answer as promised. The labels say who waits for whom.",
    (
        "The owner has not seen it, or is busy with others.",
        "It belongs to nobody yet: there is no owner_id among the labels.",
    ),
    (
        "Open crm_url, the person in the CRM, and answer.",
        "If you cannot answer before the due time, hand it to somebody who can: the alert goes with it.",
    ),
)
OVERDUE = Told(
    "CrmPromiseOverdue",
    "page",
    "a promise's due time has passed and nobody has answered. It ends with the answer",
    "One person has waited longer than was promised, in the business time of the team unless it was promised for any "
    "hour.",
    (
        "The owner is absent; look whether all that is overdue is of one owner.",
        "More came than the team can answer: there are many alerts of one team, or CrmPromisesMany.",
        "It was answered, but the event has not arrived: look at source_freshness_seconds of that system.",
    ),
    (
        "Open crm_url, the person in the CRM, and answer now.",
        "Open board_url, the list, for whoever else waits for the same owner or team.",
        "Reassign what lies with somebody absent.",
    ),
)
MANY = Told(
    "CrmPromisesMany",
    "page",
    "more promises of one team are at risk or overdue than are told one by one (`most` in `[alerts]` of the policies)",
    "The longest waits have an alert each; this one stands for all others of the team. Its severity is that of those.",
    (
        "Nobody of the team works: a holiday that the calendar does not know, an outage of the phone or the CRM.",
        "A system that records answers has stopped sending events.",
    ),
    (
        "Open board_url: the list, with a CSV to share it out.",
        "If the answers are there but not their events, mend the source; what arrives late is put in its place.",
    ),
)
CLOSED = Told(
    "CrmTeamClosed",
    "none",
    "alerts of a team hold on while its hours are over. It ends when the team opens, or nothing of it is left",
    "It is for nobody: in alertmanager.yml it keeps those alerts from being repeated at night.",
    ("It is after hours.",),
    ("Nothing. If it reaches you, route it to a receiver without addresses, as prometheus/alertmanager.yml does.",),
)

TOLD = {one.name: one for one in (AT_RISK, OVERDUE, MANY, CLOSED)}
"""Every one by its name."""
