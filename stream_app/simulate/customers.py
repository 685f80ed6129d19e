"""What happens to customers between sales: newsletters, visits, talk, orders, referrals, silence and farewell."""

from __future__ import annotations

from typing import Any

from stream_app.simulate import subscriptions
from stream_app.simulate.campaigns import CAMPAIGNS, LIST
from stream_app.simulate.orders import buy
from stream_app.simulate.surveys import asked
from stream_app.simulate.town import DAY, HOUR, MINUTE, Life, Person, Town


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
            "list_id": LIST, "campaign_id": campaign, "reason": town.rng.choice(("too_many", "not_relevant")),
        }  # fmt: skip
        if town.chance(0.2):
            yield town.around(HOUR), "list.blocked", {"list_id": LIST, "campaign_id": campaign, "reason": "spam"}
        return
    if town.chance(0.3):
        yield town.around(40), "email.clicked", {**message, "url": f"/offers/{campaign}"}
        yield town.around(2), "page.viewed", {"campaign_id": campaign, "channel": "email", "url": f"/offers/{campaign}"}
        if town.chance(0.25):
            yield from buy(town, person, town.around(20 * MINUTE, 1.0), campaign_id=campaign)


def visit(town: Town, person: Person) -> Life:
    """Look at a few pages, by way of a campaign or not."""
    about = {"campaign_id": town.rng.choice(CAMPAIGNS).key} if town.chance(0.4) else {}
    for _ in range(town.rng.randint(1, 4)):
        yield town.around(40), "page.viewed", {**about, "channel": person.channel.name, "url": "/prices"}


def check_in(town: Town, person: Person) -> Life:
    """Call a customer, who picks up or not."""
    call = {"direction": "out", "medium": "call", "user_id": person.owner.id, "team": person.team.name}
    reached = town.chance(0.6)
    yield 0.0, "interaction.logged", {**call, "two_way": reached, "outcome": "talked" if reached else "voicemail"}
    if not reached and town.chance(0.4):
        yield town.around(5 * HOUR), "interaction.logged", {"direction": "in", "medium": "call", "two_way": True}


def leave(town: Town, person: Person) -> Life:
    """Leave, and in one case of five come back."""
    if not person.active:
        return
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
    yield 1.0, "customer.referred", {"by": by.key, "campaign_id": "bring-a-friend"}
    town.settle(friend)
    yield from buy(town, friend, town.around(2 * HOUR))


def old_customer(person: Person, contacted_after: float) -> Life:
    """Have been a customer since before the simulation, last spoken to *contacted_after* seconds later."""
    yield 0.0, "customer.created", {
        "segment": person.segment, "tier": person.tier, "owner_id": person.owner.id, "team": person.team.name,
    }  # fmt: skip
    if contacted_after > 0:
        yield contacted_after, "interaction.logged", {
            "direction": "out", "medium": "call", "two_way": True, "user_id": person.owner.id,
        }  # fmt: skip


def known_customer(town: Town, person: Person, months: int) -> Life:
    """Have been a customer for a few *months* of which everything was recorded: where they came from, what they paid.

    It ends about when the simulation begins.
    """
    campaign = town.rng.choice(CAMPAIGNS).key if town.chance(0.4) else None
    if campaign:
        yield 0.0, "page.viewed", {"campaign_id": campaign, "channel": person.channel.name}
    yield HOUR, "customer.created", {
        "segment": person.segment, "tier": person.tier, "owner_id": person.owner.id, "team": person.team.name,
        "channel": person.channel.name,
    }  # fmt: skip
    yield 60.0, "list.subscribed", {"list_id": LIST, "channel": person.channel.name}
    yield from buy(town, person, HOUR, **({"campaign_id": campaign} if campaign else {}))
    yield from asked(town, person, "nps")
    yield from subscriptions.start(town, person, HOUR, trial=False)
    yield from subscriptions.past_months(town, person, months)
