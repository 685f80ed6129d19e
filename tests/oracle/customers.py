"""Who comes, stays and leaves, and what they are worth: the area value without its subscriptions.

Rules beyond the formulas of the catalogue:

* A stay begins with the first customer.created of a relationship, or with a reactivation while it has none; it ends
  when the customer churns. It counts under the labels at its end, or those of now.
* What has been bought counts under the labels when it was bought, what somebody is worth under those of now.
* A subscriber is who ever had a subscription started, changed or renewed: what deals brought is not counted, those of
  before neither.
* How long ended stays were is known in whole seconds, and counted under the labels of the last stay, like how often
  somebody left; stays that go on count from noon of the day on which they began.
"""

from typing import Any, NamedTuple

from tests.oracle.identity import erased
from tests.oracle.windows import DAY, WINDOWS, Row, cuts, fraction, inside, key, start, tally, windowed

SEGMENT_CHANNEL = ("segment", "channel")
MONTH = 30.436875 * 86_400
SUBSCRIBED = ("subscription.started", "subscription.renewed", "subscription.changed")


class Stay(NamedTuple):
    """One time as a customer: from when to when (None: still), how it began, under which labels."""

    since: int
    until: int | None
    how: str
    by: dict[str, Any]


def stays_of(events, labels):
    """Return the stays of one relationship."""
    found, active, known = [], None, False
    for event, by in zip(events, labels, strict=True):
        if event.type == "customer.created" and not known:
            active, known = (event.at, "new"), True
        elif event.type == "customer.reactivated" and active is None:
            active, known = (event.at, "reactivated"), True
        elif event.type == "customer.churned" and active is not None:
            found.append(Stay(active[0], event.at, active[1], by))
            active = None
    if active is not None:
        found.append(Stay(active[0], None, active[1], labels[-1]))
    return found


def collect(events, labels, lists):
    """Add what one relationship did as a customer; the purchases are found by sales.py."""
    stays = stays_of(events, labels)
    gone, subscriber = erased(events), any(event.type in SUBSCRIBED for event in events)
    if gone and stays and stays[-1].until is None:
        lists["flown"].append(stays.pop())
    lists["stays"] += stays
    bought = [(row, deal) for row, deal in labels[-1]["purchases"] if not (deal and subscriber)]
    lists["bought"] += [row for row, _ in bought]
    if not gone:
        if stays or bought or subscriber:
            lists["ever"].append(labels[-1])
        lists["worth"].append((sum(row.value for row, _ in bought), labels[-1]))
        ended = [stay for stay in stays if stay.until is not None]
        if ended:
            stayed = sum((stay.until - stay.since) // 1000 for stay in ended)
            lists["ended"].append((len(ended), stayed, stays[-1].by))


class Shares:
    """Who was there when a window began, and who of them is there still."""

    def __init__(self, stays, by, now):
        self.groups: dict[Any, list[Stay]] = {}
        for stay in stays:
            for cut in cuts(stay.by, by):
                self.groups.setdefault(tuple(cut.items()), []).append(stay)
        self.now = now

    def each(self):
        """Yield (window, labels, stays at the start, those of them who left)."""
        for cut, stays in self.groups.items():
            for window in WINDOWS:
                old = [stay for stay in stays if not inside(stay.since, window, self.now)]
                there = [stay for stay in old if stay.until is None or inside(stay.until, window, self.now)]
                yield window, dict(cut), len(there), sum(stay.until is not None for stay in there)


def numbers(lists, now):
    """Return every number of customers."""
    stays = lists["stays"]
    flown = lists["flown"]
    everybody = stays + flown
    found = {key("customers_active", "", None, {}): 0}
    for stay in stays:
        for cut in cuts(stay.by, SEGMENT_CHANNEL) if stay.until is None else ():
            name = key("customers_active", "", None, cut)
            found[name] = found.get(name, 0) + 1

    def flow(kpi, rows):
        found.update(tally(kpi, rows, SEGMENT_CHANNEL, now))

    flow("customers_new", [Row(stay.since, 1, {}, stay.by) for stay in everybody if stay.how == "new"])
    flow("customers_reactivated", [Row(stay.since, 1, {}, stay.by) for stay in everybody if stay.how == "reactivated"])
    flow("customers_lost", [Row(stay.until, 1, {}, stay.by) for stay in stays if stay.until is not None])
    found.update({key("customers_retained", "", window, {}): 0 for window in WINDOWS})
    for window, labels, there, left in Shares(stays, SEGMENT_CHANNEL, now).each():
        found[key("customers_retained", "", window, labels)] = there - left
    for window, labels, there, left in Shares(stays, ("segment", "tier"), now).each():
        if there:
            found.update(fraction("retention_ratio", window, labels, there - left, there))
            found.update(fraction("churn_ratio", window, labels, left, there))
    found.update(worth(lists, now))
    return found


def worth(lists, now):
    """Return what customers are worth."""
    found = {}
    bought: dict[Any, list[int]] = {}
    for window, labels, some in windowed(lists["bought"], SEGMENT_CHANNEL, now):
        bought[window, tuple(labels.items())] = [row.value for row in some]
        mean = sum(row.value for row in some) / len(some) / 100
        found[key("purchase_value_eur", "", window, labels)] = mean
    stays = lists["stays"]
    for cut in {(), *(tuple(cut.items()) for by in everyones(lists) for cut in cuts(by, SEGMENT_CHANNEL))}:
        labels = dict(cut)

        def mine(by, cut=labels):
            return cut.items() <= by.items()

        monthly = sum(amount for amount, _, by in lists["paying"] if mine(by))
        earned = sum(amount * (now // 1000) - since for amount, since, by in lists["paying"] if mine(by)) / MONTH
        n = sum(mine(by) for by in lists["ever"])
        if n:
            total = sum(amount for amount, by in lists["worth"] if mine(by))
            name = key("customer_lifetime_value_eur", "", None, {"form": "revenue", **labels})
            found[name] = (total + earned) / 100 / n
        left = sum(times for times, _, by in lists["ended"] if mine(by))
        span = None
        if left:
            going_on = sum(
                max(0, now - stay.since // DAY * DAY - DAY // 2) / 1000
                for stay in stays
                if stay.until is None and mine(stay.by)
            )
            span = (going_on + sum(stayed for _, stayed, by in lists["ended"] if mine(by))) / left
            found[key("customer_lifespan_seconds", "", None, labels)] = span
        some = [stay for stay in stays if mine(stay.by)]
        for window in WINDOWS:
            there = next((n for at, _, n, _ in Shares(some, (), now).each() if at == window), 0)
            customers = (there + sum(stay.until is None for stay in some)) / 2
            if not some or customers <= 0:
                continue
            purchases = bought.get((window, cut), [])
            found.update(fraction("purchases_per_customer", window, labels, len(purchases), customers))
            elapsed = max(now - start(window, now), 1) / 1000
            pace = sum(purchases) / 100 / elapsed + monthly / 100 / MONTH
            if span is not None and pace > 0:
                name = key("customer_lifetime_value_expected_eur", "", window, labels)
                found[name] = pace / customers * span
    return found


def everyones(lists):
    """Return all labels that anybody has."""
    return [*lists["ever"], *(stay.by for stay in lists["stays"]), *(by for *_, by in lists["paying"])]
