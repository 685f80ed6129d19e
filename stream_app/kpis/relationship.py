"""Relationship: how fresh the contact is, how much trying it takes, and who turned away."""

from __future__ import annotations

from stream_app.journeys import contact, contact_outreach
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.standing import ContactAge, Freshness, Ladder, Standing
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_CUSTOMER = ("segment", "tier", "owner_id")
_NUMBERS = tuple(contact.attempt_name(number) for number in range(1, contact.LAST_ATTEMPT_SHOWN + 1))
_TWO_WAY = (
    "A contact went both ways when it was logged as such (a connected call, a held meeting), or when the other side "
    "wrote within the reply horizon (14 d) of our last human outbound attempt."
)


def _reply(number: str) -> Variant:
    return Variant(
        (Counted(contact.ANSWERED, (number,)),), (Counted(contact.ATTEMPTS, (number,)),), {"attempt": number}
    )


_ALL_REPLIES = Variant(
    tuple(Counted(contact.ANSWERED, (number,)) for number in _NUMBERS),
    tuple(Counted(contact.ATTEMPTS, (number,)) for number in _NUMBERS),
    {"attempt": "any"},
)


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of this area with the horizons and bands of *policies*."""
    return (
        Kpi(
            name="relationship_freshness_ratio",
            unit="ratio",
            area="relationship",
            tile=15,
            meaning="Share of active customers we have really talked with lately.",
            formula=f"Active customers with a two-way contact inside the horizon / active customers. {_TWO_WAY}",
            source="A0, A1",
            compute=Freshness(contact.CONTACTED, contact.CUSTOMERS, tuple(policies.freshness.items())),
            by=_CUSTOMER,
            windowed=False,
            direction="up",
        ),
        Kpi(
            name="relationships_by_age",
            unit="customers",
            area="relationship",
            tile=4,
            meaning="Active customers by how long ago the last two-way contact was.",
            formula=f"Rungs by age of the last two-way contact, to the hour; never = no such contact yet. {_TWO_WAY}",
            source="A0, A1",
            compute=Ladder(contact.CONTACTED, contact.CUSTOMERS, tuple(policies.ages.items()), last="stale"),
            by=_CUSTOMER,
            windowed=False,
        ),
        Kpi(
            name="contact_age_seconds",
            unit="seconds",
            area="relationship",
            meaning="How long ago the last two-way contact with active customers was.",
            formula="Quantile of now minus the last two-way contact (to the hour); never contacted are left out.",
            source="A0, A1",
            compute=ContactAge(contact.CONTACTED),
            by=("segment",),
            windowed=False,
            direction="down",
        ),
        Kpi(
            name="actions_per_engagement",
            unit="actions",
            area="relationship",
            meaning="How many human outbound actions one two-way contact takes.",
            formula=f"Human outbound actions / two-way contacts in the window. {_TWO_WAY}",
            source="A1",
            compute=Ratio((Variant((Counted(contact.ACTIONS),), (Counted(contact.ENGAGEMENTS),)),)),
            by=("medium", "team"),
            direction="down",
            ignored=contact.IGNORED,
        ),
        Kpi(
            name="outreach_reply_ratio",
            unit="ratio",
            area="relationship",
            tile=16,
            meaning="Share of outbound attempts that were answered, by the number of the attempt.",
            formula=(
                "Attempts answered within the reply horizon / attempts made, both in the window in which the attempt "
                "was made. The number counts attempts since the last reply; a reply answers the latest attempt."
            ),
            source="A0, A1",
            compute=Ratio((_ALL_REPLIES, *(_reply(number) for number in _NUMBERS))),
            by=("medium",),
            direction="up",
            ignored=contact.IGNORED,
        ),
        Kpi(
            name="conversion_ratio",
            unit="ratio",
            area="relationship",
            meaning="Share of our outreach that led to an action or a purchase.",
            formula=(
                "Human outbound attempts and campaign mails that led to something / those made, both in the window in "
                "which they were made. An attempt leads to a contact that goes both ways, a mail to a click, either to "
                "an order or won deal, within the reply horizon. An action counts for one outreach, the latest; where "
                "it names a campaign, the latest of that campaign."
            ),
            source="A1, A2",
            compute=Ratio(
                (
                    Variant(
                        (Counted(contact_outreach.LED),),
                        (Counted(contact.ACTIONS), Counted(contact_outreach.MAILED)),
                    ),
                )
            ),
            by=("medium", "campaign"),
            direction="up",
            ignored=contact.IGNORED,
        ),
        Kpi(
            name="attempts_to_reply",
            unit="attempts",
            area="relationship",
            tile=18,
            meaning="How many tries it took until somebody answered for the first time.",
            formula="Human outbound attempts before the first two-way contact; who contacted us first is left out.",
            source="A1",
            compute=Distribution(contact.TRIES_TO_REPLY),
            by=("channel",),
            direction="down",
            ignored=contact.IGNORED,
        ),
        Kpi(
            name="attempts_to_purchase",
            unit="attempts",
            area="relationship",
            meaning="How many tries it took until the first purchase.",
            formula="Human outbound attempts before the first order or won deal.",
            source="A1",
            compute=Distribution(contact.TRIES_TO_PURCHASE),
            by=("channel",),
            direction="down",
        ),
        Kpi(
            name="relationships_unresponsive",
            unit="relationships",
            area="relationship",
            tile=17,
            meaning="Relationships that were tried often enough: stop spending time here.",
            formula=(
                f"At least {policies.unresponsive_after} human outbound attempts since the last reply; churned "
                "customers and merged relationships are left out."
            ),
            source="A0",
            compute=Standing(contact.UNRESPONSIVE),
            by=("team", "owner_id"),
            windowed=False,
            direction="down",
        ),
        Kpi(
            name="opt_outs",
            unit="opt-outs",
            area="relationship",
            tile=21,
            meaning="People who unsubscribed from or blocked us.",
            formula="list.unsubscribed and list.blocked events.",
            source="A0, A1",
            compute=Tally(contact.OPT_OUTS, closed=("unsubscribed", "blocked")),
            by=("channel", "campaign", "reason"),
            direction="down",
        ),
        Kpi(
            name="referrals",
            unit="referrals",
            area="relationship",
            meaning="Customers who came because somebody recommended us.",
            formula="customer.referred events.",
            source="A0, A1",
            compute=Tally(contact.REFERRALS),
            by=("campaign",),
            direction="up",
        ),
    )
