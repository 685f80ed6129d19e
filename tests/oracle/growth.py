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
    who, books = events[0].who, Books()
    customer, steps = None, []
    for event, by in zip(events, labels, strict=True):
        what, _, how = event.type.partition(".")
        if what == "deal" and how != "proposal_sent":
            deal_event(event, how, by, books, {})
        if what == "order":
            order_event(event, how, by, books)
        step = None
        if event.type == "order.placed":
            lines = {line["product_line"] for line in event.data["lines"] if line.get("product_line")}
            ranks = [rank(line.get("product_tier")) for line in event.data["lines"]]
            top = max((one for one in ranks if one is not None), default=None)
            if customer is None:
                customer = Customer()
            elif event.get("deal_id") is None:
                higher = customer.top is not None and top is not None and top > customer.top
                step = (customer.crosses(lines), higher)
            customer.lines |= lines
            customer.top = max((one for one in (customer.top, top) if one is not None), default=None)
        elif event.type == "deal.won":
            name, deal = event.data["deal_id"], books.deals[event.data["deal_id"]]
            if customer is not None and name in customer.deals:
                continue
            lines = {deal.product} - {None}
            if customer is None:
                customer = Customer()
                customer.deals[name] = None
            else:
                step = (deal.kind == "cross_sell" or customer.crosses(lines), deal.kind == "up_sell")
                customer.deals[name] = (event, step, by)
            customer.lines |= lines
        elif event.type in ("deal.lost", "deal.reopened"):
            name = event.data["deal_id"]
            if customer is not None and name in customer.deals:
                taken = customer.deals.pop(name)
                if taken is not None:
                    steps.remove(taken)
                elif not customer.plans and not books.counted():
                    customer = None
        elif event.type in ("subscription.started", "subscription.renewed", "subscription.changed"):
            if event.get("trial"):
                continue
            name, here = event.data["subscription_id"], rank(event.get("tier"))
            fresh = customer is None
            if customer is None:
                customer = Customer()
            before = customer.plans.get(name)
            higher = how != "started" and before is not None and here is not None and here > before
            if not fresh and (how != "changed" or higher):
                step = (False, higher)
            if here is not None or how == "started":
                customer.plans[name] = here
        if step is not None:
            steps.append((event, step, by))
    for event, (crossed, higher), by in steps:
        lists["buyer"].append(Row(event.at, who, {}, by))
        if crossed:
            lists["crossed"].append(Row(event.at, who, {}, by))
        if higher:
            lists["raised"].append(Row(event.at, who, {}, by))


def numbers(lists, now):
    """Return every number of growth."""
    return {
        **unlike("cross_sell_ratio", lists["crossed"], lists["buyer"], ("segment",), now, {}),
        **unlike("up_sell_ratio", lists["raised"], lists["buyer"], ("segment",), now, {}),
        **tally("tier_upgrades", lists["raised"], ("segment",), now),
    }
