"""The life of a subscription: started, due for renewal, renewed, changed, cancelled."""

from __future__ import annotations

from typing import Any

from stream_app.simulate.town import DAY, HOUR, Life, Person, Town
from stream_app.simulate.world import CURRENCIES, PLANS

MONTH = 30 * DAY


def start(town: Town, person: Person, wait: float, *, trial: bool) -> Life:
    """Begin to pay every month, some after a trial."""
    plan = town.rng.choice(PLANS[:2])
    this = {"subscription_id": town.id("subscription")}
    yield wait, "subscription.started", {
        **this, "plan": plan.name, "tier": plan.tier, "amount": plan.monthly,
        "currency": CURRENCIES[person.team.name], "period": "month", "ends_at": town.moment(MONTH), "trial": trial,
    }  # fmt: skip
    person.subscription = this
    if trial:
        yield 14 * DAY, "subscription.renewed", this


def past_months(town: Town, person: Person, months: int) -> Life:
    """Renew for so many months, now and then on another plan; in one case of twelve stop before."""
    for _ in range(months):
        yield MONTH, "subscription.renewal_due", person.subscription or {}
        yield from _answer(town, person)
        if not person.subscription:
            return


def renewal(town: Town, person: Person) -> Life:
    """Be due for renewal now."""
    if person.subscription:
        yield 0.0, "subscription.renewal_due", person.subscription
        yield from _answer(town, person)


def _answer(town: Town, person: Person) -> Life:
    this = person.subscription or {}
    if town.chance(0.08):
        person.subscription = None
        yield town.around(DAY), "subscription.cancelled", {**this, "reason": town.rng.choice(("price", "unused"))}
        if town.chance(0.6):
            person.active = False
            yield town.around(HOUR), "customer.churned", {"reason": "cancelled"}
            if town.chance(0.2):
                yield town.around(12 * DAY), "customer.reactivated", {}
                person.active = True
        return
    if town.chance(0.95):  # the others forget to pay
        yield town.around(DAY, 0.8), "subscription.renewed", {**this, "ends_at": town.moment(MONTH)}
    if town.chance(0.2):
        yield town.around(DAY), "subscription.changed", {**this, **_other_plan(town, person)}


def _other_plan(town: Town, person: Person) -> dict[str, Any]:
    plan = town.rng.choice(PLANS)
    person.tier = plan.tier
    return {"plan": plan.name, "tier": plan.tier, "amount": plan.monthly}
