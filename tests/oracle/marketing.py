"""Campaigns, what they lead to and cost, and lists: the area marketing.

Rules beyond the formulas of the catalogue (money as in sales.py):

* A touch without a channel has that of the touch before it, if that was of the same campaign. What is credited counts
  under the campaign and channel of the touch, or under the channel of the relationship where the touch has none.
* A person first met us through a campaign when the first of all leads and touches, those without a campaign among
  them, names one.
* A customer who came back before anybody told of the first time was acquired before: no campaign won it.
* Credit for a deal is decided when it is won, and again when it is won again; what an order or deal is worth later
  changes nothing about it.
* A key that was never launched is no campaign; what is booked there counts for the campaign that the cost names. A cost
  for a period counts at its time and at the beginning of each further UTC day.
* Who joins a list that it is on, or leaves one that it is not on, does nothing. Who is erased was never on the lists
  that it was on.
"""

from typing import Any, NamedTuple

from tests.oracle.contract import moment
from tests.oracle.customers import Shares, stays_of
from tests.oracle.identity import erased
from tests.oracle.windows import DAY, WINDOWS, Row, amounts, cuts, fraction, inside, key, ratio, tally, windowed

BY = ("campaign", "channel")
WINDOW = 90 * DAY
CREDITS = ({"credit": "credited"}, {"credit": "unattributed"})
CATEGORIES = ("acquisition", "retention", "service", "overhead")
TOUCHES = {
    "lead.created", "email.clicked", "page.viewed", "list.subscribed", "deal.opened", "order.placed",
    "customer.referred", "interaction.logged",
}  # fmt: skip
ANSWERS = {"lead.created", "email.clicked", "list.subscribed", "interaction.logged"}


class Touch(NamedTuple):
    """When somebody met which campaign, and where."""

    at: int
    campaign: str
    channel: str | None


def where(event):
    """Return the channel of a touch."""
    return {"interaction.logged": event.get("medium"), "email.clicked": "email", "customer.referred": "referral"}.get(
        event.type, event.get("channel")
    )


def credited(touches, at, by):
    """Return how what happens now is credited, and under which labels."""
    recent = [touch for touch in touches if touch.at >= at - WINDOW]
    if not recent:
        return {"credit": "unattributed"}, {"campaign": None, "channel": by["channel"]}
    first = recent[0]
    return {"credit": "credited"}, {"campaign": first.campaign, "channel": first.channel or by["channel"]}


def collect(events, labels, lists):
    """Add what campaigns led to with one relationship; its purchases are found by sales.py."""
    touches: list[Touch] = []
    originated, known = None, False
    on: dict[str, int] = {}
    credit: dict[Any, Any] = {}
    for event, by in zip(events, labels, strict=True):
        campaign = event.get("campaign_id")
        human = not (event.get("automated") or event.get("internal"))
        if event.type in TOUCHES and human:
            originated = bool(campaign) if originated is None else originated
            if campaign:
                touch(event, by, touches, lists)
        if event.type == "page.viewed":
            named = {"campaign": campaign, "channel": event.get("channel") or by["channel"]}
            lists["view"].append(Row(event.at, 1, {}, named))
        if event.type == "customer.referred":
            named = {**by, "channel": by["channel"] or "referral"}
            lists["referral"].append(Row(event.at, 1, *credited(touches, event.at, named)))
        if event.type == "customer.created" and not known:
            lists["customer"].append(Row(event.at, 1, *credited(touches, event.at, by)))
            lists["acquired"].append(Row(event.at, 1, {"origin": "campaign" if originated else "other"}, by))
        known = known or event.type in ("customer.created", "customer.reactivated")
        if event.type in ("deal.won", "order.placed"):
            credit[event.name] = credited(touches, event.at, by)
        on_lists(event, on, lists)
    for name, at, cents in labels[-1]["sold"]:
        lists["purchase"].append(Row(at, 1, *credit[name]))
        if cents:
            lists["revenue"].append(Row(at, cents, *credit[name]))
    for name, since in on.items():
        if erased(events):
            lists["moved"].append(Row(since, -1, {}, {"list": name}))
        else:
            lists["on"].append((since, {"list": name}))
    lists["stays"] += stays_of(events, labels)[: -1 if erased(events) else None]


def touch(event, by, touches, lists):
    """Add a touch, and the answer that it may be."""
    campaign, channel = event.get("campaign_id"), where(event)
    answered = event.type in ANSWERS
    if event.type == "interaction.logged":
        answered = event.data["direction"] == "in" or bool(event.get("two_way"))
    if answered:
        lists["response"].append(Row(event.at, 1, {}, {"campaign": campaign, "channel": channel or by["channel"]}))
    if channel is None and touches and touches[-1].campaign == campaign:
        channel = touches[-1].channel
    touches.append(Touch(event.at, campaign, channel))


def on_lists(event, on, lists):
    """Fold the joining and leaving of lists."""
    name = event.get("list_id")
    if event.type == "list.subscribed" and name not in on:
        on[name] = event.at
        lists["moved"].append(Row(event.at, 1, {}, {"list": name}))
    if event.type in ("list.unsubscribed", "list.blocked") and name in on:
        del on[name]
        lists["moved"].append(Row(event.at, -1, {}, {"list": name}))


def collect_campaign(events, lists):
    """Add the costs of one key of the campaigns, and whether it runs."""
    launched = active = False
    channel = None
    for event in events:
        if event.type == "campaign.launched":
            launched, active, channel = True, True, event.get("channel") or channel
        if event.type == "campaign.ended":
            active = False
        if event.type == "cost.recorded" and event.data["currency"] == "EUR":
            named, there = event.get("campaign_id"), event.get("channel")
            if launched and named in (None, event.who):
                named, there = event.who, there or channel
            by = {"campaign": named, "channel": there, "segment": event.get("segment")}
            ends = event.get("period_ends_at")
            for at, cents in spread(event.data["amount"], event.at, moment(ends) if ends else event.at):
                lists["cost"].append(Row(at, cents, {"category": event.data["category"]}, by))
    if active:
        lists["active"].append({"campaign": events[0].who, "channel": channel})


def spread(amount, start, end):
    """Return the shares of an amount: whole cents for each UTC day that the period touches."""
    days = max((end - 1) // DAY - start // DAY + 1, 1)
    shares = [amount * (day + 1) // days - amount * day // days for day in range(days)]
    return [(start if day == 0 else (start // DAY + day) * DAY, share) for day, share in enumerate(shares)]


def numbers(lists, now):
    """Return every number of the area."""
    spent = [row._replace(fixed={}) for row in lists["cost"] if row.by["campaign"] is not None]
    found = {
        key("campaigns_active", "", None, {}): 0,
        key("list_size", "", None, {}): 0,
        **tally("campaign_responses", lists["response"], BY, now),
        **tally("page_views", lists["view"], BY, now),
        **tally("campaign_purchases", lists["purchase"], BY, now, CREDITS),
        **tally("campaign_new_customers", lists["customer"], BY, now, CREDITS),
        **tally("campaign_referrals", lists["referral"], BY, now, CREDITS),
        **amounts("campaign_revenue_eur", lists["revenue"], BY, now, CREDITS),
        **amounts("campaign_cost_eur", spent, BY, now),
    }
    for by in lists["active"]:
        for cut in cuts(by, BY):
            name = key("campaigns_active", "", None, cut)
            found[name] = found.get(name, 0) + 1
    for _, by in lists["on"]:
        for cut in cuts(by, ("list",)):
            name = key("list_size", "", None, cut)
            found[name] = found.get(name, 0) + 1
    campaign = [row for row in lists["acquired"] if row.fixed["origin"] == "campaign"]
    found.update(ratio("marketing_originated_ratio", campaign, lists["acquired"], ("channel",), now, {}))
    found.update(unattributed(lists, now))
    found.update(quotients(lists, spent, now))
    found.update(growth(lists, now))
    return found


def unattributed(lists, now):
    """Return the share of everything that no campaign gets the credit for."""
    found = {}
    for name, of, scale in (("revenue", "revenue", 100), ("purchases", "purchase", 1), ("customers", "customer", 1)):
        for window in WINDOWS:
            here = [row for row in lists[of] if inside(row.at, window, now)]
            below = sum(row.value for row in here) / scale
            above = sum(row.value for row in here if row.fixed["credit"] == "unattributed") / scale
            if below > 0:
                found.update(fraction("campaign_unattributed_ratio", window, {"of": name}, above, below))
    return found


def sums(rows, by, now):
    """Return the euros of each series in each window."""
    plain = [row._replace(fixed={}) for row in rows]
    return {
        (window, tuple(labels.items())): sum(row.value for row in some) / 100
        for window, labels, some in windowed(plain, by, now)
    }


def quotients(lists, spent, now):
    """Return costs over what they brought in."""
    found = {}
    earned = sums([row for row in lists["revenue"] if row.fixed["credit"] == "credited"], BY, now)
    cost = sums(spent, BY, now)
    for (window, cut), below in cost.items():
        if below > 0:
            above = earned.get((window, cut), 0) - below
            found.update(fraction("campaign_roi_ratio", window, {"form": "revenue", **dict(cut)}, above, below))
    by_category = {name: [row for row in lists["cost"] if row.fixed["category"] == name] for name in CATEGORIES}
    won = sums([row._replace(value=100) for row in lists["acquired"]], ("channel",), now)
    spent_to_win = sums(by_category["acquisition"], ("channel",), now)
    for (window, cut), customers in won.items():
        if (window, ()) in spent_to_win:
            above = spent_to_win.get((window, cut), 0)
            found.update(fraction("acquisition_cost_eur", window, dict(cut), above, customers))
    revenue = sums(lists["revenue"], (), now)
    for (window, _), below in revenue.items():
        for name, rows in (("", lists["cost"]), *by_category.items()):
            above = sums(rows, (), now).get((window, ()))
            if below > 0 and above is not None:
                labels = {"category": name} if name else {}
                found.update(fraction("expense_to_revenue_ratio", window, labels, above, below))
    kept = sums(by_category["retention"], ("segment",), now)
    for window, labels, there, left in Shares(lists["stays"], ("segment",), now).each():
        above = kept.get((window, tuple(labels.items())))
        if there - left > 0 and above is not None:
            found.update(fraction("retention_cost_eur", window, labels, above, there - left))
    return found


def growth(lists, now):
    """Return by how much lists grew."""
    found = {}
    moved = sums([row._replace(value=row.value * 100) for row in lists["moved"]], ("list",), now)
    everything = [by for _, by in lists["on"]] + [row.by for row in lists["moved"]]
    for cut in {(), *(tuple(cut.items()) for by in everything for cut in cuts(by, ("list",)))}:
        size = sum(dict(cut).items() <= by.items() for _, by in lists["on"])
        for window in WINDOWS:
            grown = moved.get((window, cut), 0)
            if size - grown > 0:
                found.update(fraction("list_growth_ratio", window, dict(cut), grown, size - grown))
    return found
