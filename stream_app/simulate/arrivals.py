"""What begins now and then: each kind of life, how many events it makes, and its share of all events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from stream_app.simulate import calls, campaigns, customers, deals, identity, subscriptions, users
from stream_app.simulate.campaigns import Campaign
from stream_app.simulate.cases import case
from stream_app.simulate.leads import lead
from stream_app.simulate.orders import buy
from stream_app.simulate.surveys import asked
from stream_app.simulate.town import HOUR, Life, Person, Town

MAILING = 25
"""Recipients of one mailing; larger ones would look like an outage of everything else."""
_WEEK_MS = 7 * 86_400_000


class Subject(Protocol):
    """Somebody or something that events are about."""

    @property
    def key(self) -> str:
        """The record key of its events."""


Begun = Sequence[tuple[Subject, Life]]


class Arrival(NamedTuple):
    """A kind of life: what begins, its mean number of events, and its share of all events.

    The means are measured over 400,000 events.
    """

    start: Callable[[Town], Begun]
    events: float
    share: float


def _lead(town: Town) -> Begun:
    person = town.person("lead")
    return [(person, lead(town, person))]


def _mailing(town: Town) -> Begun:
    """Write to some customers; the first mailing of an issue launches it."""
    issue = f"{town.rng.choice(campaigns.NEWSLETTERS)}-{town.now // _WEEK_MS % 52:02d}"
    people = town.rng.sample(town.customers, min(MAILING, len(town.customers)))
    begun: list[tuple[Subject, Life]] = [(person, customers.newsletter(town, person, issue)) for person in people]
    if issue not in town.issues:
        town.issues.add(issue)
        campaign = Campaign(issue, "email", "newsletter", 20_000)
        begun.insert(0, (campaign, campaigns.mailing(town, campaign)))
    return begun


def _of_customer(tell: Callable[[Town, Person], Life]) -> Callable[[Town], Begun]:
    """Let a life of one customer begin, if there is any."""

    def start(town: Town) -> Begun:
        if not town.customers:
            return ()
        person = town.rng.choice(town.customers)
        return [(person, tell(town, person))]

    return start


def _session(town: Town) -> Begun:
    seat = users.comer(town)
    return [(seat, users.session(town, seat))]


def _campaign(town: Town) -> Begun:
    """Launch a small campaign of a week."""
    model = town.rng.choice(campaigns.CAMPAIGNS)
    new = Campaign(town.id("campaign"), model.channel, model.kind, model.weekly // 4)
    return [(new, campaigns.run(town, new, 1))]


def _referral(town: Town) -> Begun:
    if not town.customers:
        return ()
    friend = town.person("customer")
    return [(friend, customers.referral(town, friend, town.rng.choice(town.customers)))]


def _twin(town: Town) -> Begun:
    if not town.customers:
        return ()
    double = town.person("customer")
    return [(double, identity.twin(town, double, town.rng.choice(town.customers)))]


KINDS = (
    Arrival(_lead, 9.6, 0.42),
    Arrival(_mailing, 2.63 * MAILING, 0.19),
    Arrival(_of_customer(case), 8.9, 0.18),
    Arrival(_of_customer(calls.inbound), 4.75, 0.06),
    Arrival(_session, 4.9, 0.05),
    Arrival(_of_customer(customers.visit), 2.5, 0.03),
    Arrival(_of_customer(customers.check_in), 1.2, 0.02),
    Arrival(_of_customer(subscriptions.renewal), 0.8, 0.015),
    Arrival(_of_customer(deals.again), 7.2, 0.015),
    Arrival(_of_customer(lambda town, person: buy(town, person, town.around(HOUR))), 1.1, 0.007),
    Arrival(_of_customer(lambda town, person: asked(town, person, "nps")), 1.3, 0.007),
    Arrival(_referral, 3.1, 0.004),
    Arrival(_of_customer(customers.leave), 1.2, 0.002),
    Arrival(_campaign, 4.0, 0.001),
    Arrival(_twin, 3.1, 0.001),
    Arrival(_of_customer(identity.forget), 2.0, 0.0004),
)
