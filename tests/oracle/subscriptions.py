"""What is paid every month: the subscriptions of the area value.

Rules beyond the formulas of the catalogue (money as in sales.py):

* What an event names of plan, tier, price and period replaces what was known; a price comes with its currency, and one
  below 0 is 0. A subscription counts under its tier, else that of the relationship.
* started on trial while it runs is nothing; started otherwise, renewed and changed make it run, paid for. A change of
  one that has ended is nothing, a renewal begins it again. Cancelled and due are nothing while it does not run; due is
  nothing while it is not paid for.
* A month's amount is the price by the months of the period, a half up.
* The sort of a movement is that of the customer: see the formula. Movements count under the labels of now, how a
  subscription began under those at its end or of now, what is due under those when it was due.
* One renewal is due at a time, the latest, until it is renewed, in time or not. A renewal while none is due and it was
  paid for before counts for the next one that is due, if that comes within 90 days and it was not cancelled before.
* What ran when it was erased was never at the start of a window, as nobody knows of it any more.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.identity import erased
from tests.oracle.windows import DAY, WINDOWS, Row, amounts, cuts, fraction, inside, key, tally

BY = ("segment", "tier", "plan")
MONTHS = {"month": 1, "quarter": 3, "year": 12}
KINDS = ("paid", "trial")
MOVED = ("expansion", "contraction", "churn")
MOVEMENTS = ("new", "reactivation", *MOVED)
GRACE = 14 * DAY


@dataclass
class Subscription:
    """One subscription as it is now."""

    plan: str | None = None
    tier: str | None = None
    amount: int | None = None
    currency: str | None = None
    period: str = "month"
    price: int | None = None
    monthly: int = 0
    kind: str | None = None
    since: int = 0
    how: str = ""
    been: set[str] = field(default_factory=set)
    moves: list[tuple[int, int, str, int]] = field(default_factory=list)
    due: tuple[int, int, dict[str, Any]] | None = None
    early: int | None = None
    ended: bool = False

    def labels(self, by):
        """Return what it counts under."""
        return {"segment": by["segment"], "tier": self.tier or by["tier"], "plan": self.plan}


class Payer:
    """All subscriptions of a relationship."""

    def __init__(self, lists):
        self.lists = lists
        self.known: dict[str, Subscription] = {}
        self.since: int | None = None
        self.paid = False
        self.earned_from = 0

    def reprice(self, one, monthly, at):
        """Let a subscription bring in another amount each month."""
        change = monthly - one.monthly
        if not change:
            return
        before = sum(other.monthly for other in self.known.values())
        one.monthly, since = monthly, self.since
        if not before:
            sort = "reactivation" if self.paid else "new"
            since = self.since = at
            self.paid = True
        elif before + change:
            sort = "expansion" if change > 0 else "contraction"
        else:
            sort, self.since = "churn", None
        self.earned_from += change * (at // 1000)
        one.moves.append((at, since, sort, change))

    def count_as(self, one, kind, at, by):
        """Let a subscription be a trial, or paid for, or ended."""
        if one.kind == kind:
            return
        if one.kind is not None:
            how = "converted" if kind == "paid" else "lost"
            self.lists["stay"].append((one.kind, one.how, one.since, at, how, one.labels(by)))
        if kind is not None:
            one.how = "reactivated" if kind in one.been else "new"
            one.since = at
            one.been.add(kind)
        one.kind = kind

    def event(self, event, how, by):
        """Fold one event."""
        name, at = event.data["subscription_id"], event.at
        one = self.known.get(name)
        runs = one is not None and not one.ended
        if how in ("renewal_due", "cancelled") and one is not None and runs:
            if how == "cancelled":
                self.reprice(one, 0, at)
                self.count_as(one, None, at, by)
                one.ended, one.early = True, None
            elif one.kind == "paid":
                self.falls_due(one, at, by)
        if how in ("renewal_due", "cancelled") or (how == "changed" and one is not None and one.ended):
            return
        if one is None:
            one = self.known[name] = Subscription()
        terms(one, event)
        was_paid = one.kind == "paid"
        if how == "started" and event.get("trial"):
            if one.kind is None:
                one.ended = False
                self.count_as(one, "trial", at, by)
            return
        one.ended = False
        self.count_as(one, "paid", at, by)
        months = MONTHS[one.period]
        self.reprice(one, (2 * (one.price or 0) + months) // (2 * months), at)
        if how == "renewed" and one.due is not None:
            self.renew(one, at)
        elif how == "renewed" and was_paid:
            one.early = at

    def falls_due(self, one, at, by):
        """Let a renewal be due, which may have come already."""
        due = {"plan": one.plan, "segment": by["segment"]}
        one.due = at, one.price or 0, due
        self.lists["due"].append(Row(at, one.price or 0, {}, due))
        early, one.early = one.early, None
        if early is not None and at - early <= 90 * DAY:
            self.renew(one, early)

    def renew(self, one, at):
        """Settle what is due, if the renewal came in time."""
        due, price, by = one.due
        one.due = None
        if at - due <= GRACE:
            self.lists["renewed"].append(Row(due, min(one.price or 0, price), {}, by))


def terms(one, event):
    """Take over what an event says of plan and price."""
    one.plan, one.tier = event.get("plan") or one.plan, event.get("tier") or one.tier
    before = one.amount, one.currency, one.period
    if event.get("amount") is not None:
        one.amount, one.currency = max(0, event.get("amount")), event.get("currency")
    one.period = event.get("period") or one.period
    if before != (one.amount, one.currency, one.period) and one.amount is not None:
        one.price = one.amount if one.currency in (None, "EUR") else None


def collect(events, labels, lists):
    """Add the subscriptions of one relationship."""
    payer = Payer(lists)
    for event, by in zip(events, labels, strict=True):
        if event.type.startswith("subscription."):
            payer.event(event, event.type.partition(".")[2], by)
    for one in payer.known.values():
        by = one.labels(labels[-1])
        lists["move"] += [(*move, by) for move in one.moves]
        if one.kind is None or not erased(events):
            lists["known"] += [(*move, by) for move in one.moves]
        if one.kind is not None:
            lists["forgotten" if erased(events) else "stay"].append((one.kind, one.how, one.since, None, "", by))
        if one.monthly and not erased(events):
            lists["monthly"].append((one.monthly, by))
    if not erased(events):
        monthly = sum(one.monthly for one in payer.known.values())
        lists["paying"].append((monthly, payer.earned_from, labels[-1]))


def numbers(lists, now):
    """Return every number of subscriptions."""
    moves = [Row(at, amount, {"movement": sort}, by) for at, _, sort, amount, by in lists["move"]]
    closed = tuple({"movement": sort} for sort in MOVEMENTS)
    found = {
        key("recurring_revenue_eur", "", None, {}): 0,
        **amounts("recurring_revenue_movement_eur", moves, BY, now, closed),
        **renewals(lists, now),
        **revenue(lists, now),
    }
    for monthly, by in lists["monthly"]:
        for cut in cuts(by, BY):
            name = key("recurring_revenue_eur", "", None, cut)
            found[name] = found.get(name, 0) + monthly / 100
    every = lists["stay"] + lists["forgotten"]
    kinds = tuple({"kind": kind} for kind in KINDS)
    began = [Row(since, 1, {"kind": kind}, by) for kind, how, since, _, _, by in every if how == "new"]
    lost = [Row(until, 1, {"kind": kind}, by) for kind, _, _, until, how, by in every if how == "lost"]
    found.update(tally("subscriptions_new", began, BY, now, kinds))
    found.update(tally("subscriptions_lost", lost, BY, now, kinds))
    for kind in KINDS:
        found[key("subscriptions_active", "", None, {"kind": kind})] = 0
    for kind, _, _, until, _, by in lists["stay"]:
        for cut in cuts(by, BY) if until is None else ():
            name = key("subscriptions_active", "", None, {"kind": kind, **cut})
            found[name] = found.get(name, 0) + 1
    found.update(churn(lists["stay"], now))
    return found


def churn(stays, now):
    """Return the share of the subscriptions at the start that were cancelled."""
    groups: dict[Any, list[Any]] = {}
    for stay in stays:
        for cut in cuts(stay[-1], BY):
            groups.setdefault((stay[0], tuple(cut.items())), []).append(stay)
    found = {}
    for (kind, cut), some in groups.items():
        for window in WINDOWS:
            old = [stay for stay in some if not inside(stay[2], window, now)]
            there = [stay for stay in old if stay[3] is None or inside(stay[3], window, now)]
            if there:
                left = sum(stay[4] == "lost" for stay in there)
                labels = {"kind": kind, **dict(cut)}
                found.update(fraction("subscription_churn_ratio", window, labels, left, len(there)))
    return found


def revenue(lists, now):
    """Return how much of the revenue at the start is left."""
    found = {}
    cuts_of_all = {(), *(tuple(cut.items()) for *_, by in lists["move"] for cut in cuts(by, BY))}
    for cut in cuts_of_all:
        moves = [move for move in lists["known"] if dict(cut).items() <= move[-1].items()]
        standing = sum(monthly for monthly, by in lists["monthly"] if dict(cut).items() <= by.items())
        for window in WINDOWS:
            here = [move for move in moves if inside(move[0], window, now)]
            start = standing - sum(amount for _, _, _, amount, _ in here)
            if start <= 0:
                continue
            old = [move for move in here if not inside(move[1], window, now)]
            change = {sort: sum(amount for _, _, one, amount, _ in old if one == sort) for sort in MOVED}
            lost, labels = change["churn"] + change["contraction"], dict(cut)
            for kpi, more, value in (
                ("revenue_retention_ratio", {"form": "gross"}, start + lost),
                ("revenue_retention_ratio", {"form": "net"}, start + lost + change["expansion"]),
                ("revenue_churn_ratio", {}, -lost),
            ):
                found.update(fraction(kpi, window, {**labels, **more}, value / 100, start / 100))
    return found


def renewals(lists, now):
    """Return renewed over due, with those that may still come and without."""
    found = {}
    for cut in {(), *(tuple(cut.items()) for row in lists["due"] for cut in cuts(row.by, ("plan", "segment")))}:
        for window, (_, pane) in WINDOWS.items():
            for form in ("final", "so_far"):
                due, renewed = (
                    [
                        row.value
                        for row in lists[name]
                        if dict(cut).items() <= row.by.items()
                        and inside(row.at, window, now)
                        and (form == "so_far" or row.at // pane < (now - GRACE) // pane)
                    ]
                    for name in ("due", "renewed")
                )
                labels = {"form": form, **dict(cut)}
                if due:
                    found.update(fraction("renewal_ratio", window, {**labels, "of": "count"}, len(renewed), len(due)))
                if sum(due) > 0:
                    above, below = sum(renewed) / 100, sum(due) / 100
                    found.update(fraction("renewal_ratio", window, {**labels, "of": "amount"}, above, below))
    return found
