"""Customers who buy more: cross-sell, up-sell and moves to a higher tier, of the area sales.

Rules beyond the formulas of the catalogue:

* A customer exists from its first order, won deal or paid subscription; that one is no growth. The first that is paid
  for may be a renewal or a change, after a trial. When the first was a won deal that is taken back, and nothing else
  was bought or is paid for, there is no customer again, who has bought nothing.
* Another product line: one that is not among those bought before, where any is known; of a deal, its product. So is a
  won deal of kind cross_sell.
* A higher tier: of an order, than all orders before; of a subscription, than it had before. So is a won deal of kind
  up_sell. Only tiers that the policies list are in an order.
* An order that belongs to a deal is no growth of its own, but what it brought is known from then on.
* A won deal that is opened again or lost takes back what it added, won again it adds anew; a refund takes nothing back.
* A changed subscription that is not raised is nothing; a renewed one is a purchase.
"""

from typing import Any

from tests.oracle.sales import Books, deal_event, order_event
from tests.oracle.windows import Row, tally, unlike

TIERS = ("free", "basic", "standard", "plus", "pro", "premium", "enterprise")


class Customer:
    """What one customer has bought so far."""

    def __init__(self):
        self.lines, self.top = set(), None
        self.deals, self.plans = {}, {}

    def crosses(self, lines):
        """Tell whether any of the lines is new to somebody who has bought others."""
        return bool(self.lines) and bool(lines - self.lines)


def rank(tier):
    """Return how high a tier is; None when it is in no order."""
    name = tier.lower() if tier else None
    return TIERS.index(name) if name in TIERS else None


def collect(events, labels, lists):
    """Add the growth of one relationship to the lists: rows with the customer as value."""
    who, books = events[0].name, Books()  # after an erasure the same id is somebody else
    customer: Customer | None = None
    steps: list[Any] = []
    for event, by in zip(events, labels, strict=True):
        what, _, how = event.type.partition(".")
        if what == "deal" and how != "proposal_sent":
            deal_event(event, how, by, books, {})
        if what == "order":
            order_event(event, how, by, books)
        if event.type in ("deal.lost", "deal.reopened"):
            customer = taken_back(customer, event.data["deal_id"], books, steps)
        elif event.type in BUYING and not event.get("trial"):
            fresh, customer = customer is None, customer or Customer()
            step = BUYING[event.type](customer, event, books)
            if event.type == "deal.won" and event.data["deal_id"] not in customer.deals:
                customer.deals[event.data["deal_id"]] = None if fresh else (event, step, by)
            if step is not None and not fresh:
                steps.append((event, step, by))
    for event, (crossed, higher), by in steps:
        lists["buyer"].append(Row(event.at, who, {}, by))
        if crossed:
            lists["crossed"].append(Row(event.at, who, {}, by))
        if higher:
            lists["raised"].append(Row(event.at, who, {}, by))


def taken_back(customer, name, books, steps):
    """Take back what a deal was counted as; return the customer, None if there is none any more."""
    if customer is None or name not in customer.deals:
        return customer
    taken = customer.deals.pop(name)
    if taken is not None:
        steps.remove(taken)
    elif not customer.plans and not books.counted():
        return None
    return customer


def ordered(customer, event, _books):
    """Return whether an order crosses and rises, None where it is that of its deal; learn from it."""
    lines = {line["product_line"] for line in event.data["lines"] if line.get("product_line")}
    ranks = [rank(line.get("product_tier")) for line in event.data["lines"]]
    top = max((one for one in ranks if one is not None), default=None)
    higher = customer.top is not None and top is not None and top > customer.top
    step = None if event.get("deal_id") else (customer.crosses(lines), higher)
    customer.lines |= lines
    customer.top = max((one for one in (customer.top, top) if one is not None), default=None)
    return step


def won(customer, event, books):
    """Return whether a deal crosses and rises, None where it is counted already; learn from it."""
    name = event.data["deal_id"]
    if name in customer.deals:
        return None
    deal = books.deals[name]
    lines = {deal.product} - {None}
    step = deal.kind == "cross_sell" or customer.crosses(lines), deal.kind == "up_sell"
    customer.lines |= lines
    return step


def paid(customer, event, _books):
    """Return whether a subscription rises, None where it is the same as before; learn from it."""
    name, here, how = event.data["subscription_id"], rank(event.get("tier")), event.type.partition(".")[2]
    before = customer.plans.get(name)
    higher = how != "started" and before is not None and here is not None and here > before
    if here is not None or how == "started":
        customer.plans[name] = here
    return (False, higher) if how != "changed" or higher else None


BUYING = {
    "order.placed": ordered, "deal.won": won,
    "subscription.started": paid, "subscription.renewed": paid, "subscription.changed": paid,
}  # fmt: skip


def numbers(lists, now):
    """Return every number of growth."""
    return {
        **unlike("cross_sell_ratio", lists["crossed"], lists["buyer"], ("segment",), now, {}),
        **unlike("up_sell_ratio", lists["raised"], lists["buyer"], ("segment",), now, {}),
        **tally("tier_upgrades", lists["raised"], ("segment",), now),
    }
