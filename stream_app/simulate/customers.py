"""What happens to customers between sales: newsletters, calls, orders, referrals, silence and farewell."""

from __future__ import annotations

from typing import Any

from stream_app.simulate.leads import DAY, HOUR, MINUTE, order
from stream_app.simulate.town import Life, Person, Town
from stream_app.simulate.world import CURRENCIES


def newsletter(town: Town, person: Person, campaign: str) -> Life:
    """Tell what becomes of one newsletter in the mail of *person*."""
    message: dict[str, Any] = {"campaign_id": campaign, "message_id": town.id("mail")}
    yield 0.0, "email.sent", message
    if town.chance(0.03):
        yield town.around(8), "email.bounced", {**message, "reason": "mailbox_full"}
        return
    yield town.around(5), "email.delivered", message
    if not town.chance(0.38):
        return
    yield town.around(3 * HOUR, 1.2), "email.opened", message
    if town.chance(0.03):
        yield town.around(30), "list.unsubscribed", {
            "list_id": "customers", "campaign_id": campaign, "reason": town.rng.choice(("too_many", "not_relevant")),
        }  # fmt: skip
        return
    if town.chance(0.3):
        yield town.around(40), "email.clicked", {**message, "url": f"/offers/{campaign}"}
        if town.chance(0.25):
            yield town.around(20 * MINUTE, 1.0), "order.placed", {**order(town, person), "campaign_id": campaign}


def check_in(town: Town, person: Person) -> Life:
    """Call a customer, who picks up or not."""
    call = {"direction": "out", "medium": "call", "user_id": person.owner.id, "team": person.team.name}
    reached = town.chance(0.6)
    yield 0.0, "interaction.logged", {**call, "two_way": reached, "outcome": "talked" if reached else "voicemail"}
    if not reached and town.chance(0.4):
        yield town.around(5 * HOUR), "interaction.logged", {"direction": "in", "medium": "call", "two_way": True}


def reorder(town: Town, person: Person) -> Life:
    """Order again, now and then by way of an up-sell."""
    if town.chance(0.3):
        deal: dict[str, Any] = {"deal_id": town.id("deal")}
        money = {"amount": round(town.around(90_000)), "currency": CURRENCIES[person.team.name]}
        yield 0.0, "deal.opened", {**deal, **money, "kind": "up_sell", "team": person.team.name}
        yield town.around(DAY), "deal.proposal_sent", deal
        if town.chance(0.5):
            yield town.around(3 * DAY), "deal.lost", {**deal, "reason": "no_decision"}
            return
        yield town.around(3 * DAY), "deal.won", {**deal, **money}
    yield town.around(HOUR), "order.placed", order(town, person)


def leave(town: Town, person: Person) -> Life:
    """Leave, and in one case of five come back."""
    person.active = False
    yield 0.0, "customer.churned", {"reason": town.rng.choice(("price", "competitor", "closed_down"))}
    if town.chance(0.2):
        yield town.around(10 * DAY), "customer.reactivated", {}
        person.active = True


def referral(town: Town, friend: Person, by: Person) -> Life:
    """Come in through a friend."""
    yield 0.0, "customer.created", {
        "segment": friend.segment, "tier": friend.tier, "owner_id": friend.owner.id,
        "team": friend.team.name, "channel": "referral",
    }  # fmt: skip
    yield 1.0, "customer.referred", {"by": by.key}
    yield town.around(2 * HOUR), "order.placed", order(town, friend)
    town.settle(friend)


def opinion(town: Town, person: Person) -> Life:
    """Be asked how likely one is to recommend the company."""
    survey = {"survey_id": town.id("survey"), "kind": "nps", "agent_id": person.owner.id}
    yield 0.0, "survey.sent", survey
    if town.chance(0.3):
        score = float(town.weighted(((10, 4), (9, 4), (8, 4), (7, 3), (6, 2), (4, 1), (1, 1))))
        yield town.around(6 * HOUR), "survey.answered", {**survey, "score": score}


def old_customer(person: Person, contacted_after: float) -> Life:
    """Have been a customer since before the simulation, last spoken to *contacted_after* seconds later."""
    yield 0.0, "customer.created", {
        "segment": person.segment, "tier": person.tier, "owner_id": person.owner.id, "team": person.team.name,
    }  # fmt: skip
    if contacted_after > 0:
        yield contacted_after, "interaction.logged", {
            "direction": "out", "medium": "call", "two_way": True, "user_id": person.owner.id,
        }  # fmt: skip
