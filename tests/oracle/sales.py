"""Deals and orders: every KPI of the area sales.

Rules beyond the formulas of the catalogue (money is in euros: no rates are known here, so that every other currency is
left out; an amount without a currency is in euros):

* A deal that is won, lost or moved before anybody told its opening is known from then on, with an unknown opening; a
  deal.opened after that changes nothing. It is open only if it has been opened or was seen in a stage.
* A team or owner that the deal has goes before that of the relationship at the time, a channel or campaign before
  that of the relationship when the deal became known.
* deal.won of a won deal corrects the amount; deal.lost of a lost one is nothing. One after the other replaces it.
* A stage change after the end, a reopening of what is open or unknown are nothing.
* After a reopening the visit of the stage goes on from where it began.
* Disqualified counts once for each lead of the relationship.
* An order that is placed again is nothing; a refund of an unknown order, or in another currency, is nothing. An order
  is gone when no units are left, or when nothing of what it cost is left.
* The first purchase is one that finds none that counts.
* An order has a product where all its lines have the same product line.
* Service sold an order that names a case, for the team of the case at the last event of the order, or its own team
  where nobody knows the case; and a won deal that a call to us named before the last deal.won, for the team of the
  first such call.
* Growth: see growth.py.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.identity import erased
from tests.oracle.survival import survival
from tests.oracle.windows import (
    Row,
    amounts,
    cuts,
    distribution,
    fraction,
    key,
    per_one,
    quantile,
    ratio,
    tally,
    unlike,
    windowed,
)  # fmt: skip

BY = ("team", "owner_id", "channel")
SOLD_BY = ("team", "channel", "product")
STAGE_BY = ("pipeline_stage", "team", "owner_id")
OWNER = ("team", "owner_id")


@dataclass
class Deal:
    """One sale as it is known so far; `lasts` are the visits of stages that are over, `end` is None while open."""

    channel: str | None
    opened: int | None = None
    stage: str | None = None
    since: int | None = None
    amount: int | None = None
    currency: str | None = None
    team: str | None = None
    owner: str | None = None
    product: str | None = None
    kind: str = "new"
    cohort: dict[str, Any] = field(default_factory=dict)
    visits: list[tuple[str | None, int, int]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    service: tuple[str | None] | None = None

    def owners(self, labels):
        """Return whose deal it is."""
        return {"team": self.team or labels["team"], "owner_id": self.owner or labels["owner_id"]}

    def euros(self):
        """Return the amount in cents, None where it does not count."""
        return self.amount if self.currency in (None, "EUR") else None


@dataclass
class Order:
    """What is left of one order, in cents and units."""

    at: int
    amount: int
    units: int
    currency: str
    new: bool
    deal: str | None
    by: dict[str, Any]
    case: str | None
    when: dict[str, Any]
    name: tuple[str, str]
    service: str | None = None


@dataclass
class Books:
    """All purchases of a relationship that count now."""

    deals: dict[str, Deal] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    first: str | None = None
    cases: set[str] = field(default_factory=set)

    def counted(self):
        """Return how many purchases count: won deals, and orders that belong to none."""
        won = sum(deal.end is not None and deal.end["how"] == "won" for deal in self.deals.values())
        return won + sum(order.deal is None for order in self.orders.values())

    def is_first(self, name):
        """Tell whether a purchase that is made now is the first, and remember it."""
        if self.counted():
            return False
        self.first = name
        return True


def collect(events, labels, lists):
    """Add what one relationship did to the lists."""
    books, seen, lead = Books(), set(), None
    for event, by in zip(events, labels, strict=True):
        what, _, how = event.type.partition(".")
        if what == "deal":
            deal_event(event, how, by, books, lists)
        elif what == "order":
            order_event(event, how, by, books)
        elif what == "lead":
            lead = by["lead"]
            if how == "disqualified" and lead not in seen:
                seen = {lead}
                lists["disqualified"].append(Row(event.at, 1, {}, by))
        work(event, by, books, lists)
    bought: list[Any] = []
    sold: list[Any] = []
    labels[-1].update(purchases=bought, sold=sold)
    for name, deal in books.deals.items():
        if deal.end is not None and deal.end["how"] == "won":
            sold.append((deal.end["name"], deal.end["at"], deal.euros()))
        if deal.end is not None and deal.end["how"] == "won" and deal.euros() is not None:
            bought.append((Row(deal.end["at"], deal.euros(), {}, deal.end["by"]), True))
        deal_rows(name, deal, None if erased(events) else labels[-1], lists)
    for order in books.orders.values():
        if order.deal is None:
            sold.append((order.name, order.at, order.amount if order.currency == "EUR" else None))
        if order.deal is None and order.currency == "EUR":
            bought.append((Row(order.at, order.amount, {}, order.when), False))
        order_rows(order, lists)


def deal_event(event, how, by, books, lists):
    """Fold one event of a deal."""
    name = event.data["deal_id"]
    deal = books.deals.get(name)
    if how == "proposal_sent":
        whose = by if deal is None else deal.owners(by)
        lists["proposals"].append(Row(event.at, 1, {}, whose))
        return
    if how == "reopened":
        if deal is not None:
            deal.end = None
        return
    fresh = deal is None
    if deal is None:
        deal = books.deals[name] = Deal(event.get("channel") or by["channel"])
    if how == "opened" and fresh:
        deal.opened = deal.since = event.at
        deal.stage, deal.product = event.get("stage"), event.get("product")
        deal.amount, deal.currency = event.get("amount"), event.get("currency")
        deal.team, deal.owner, deal.kind = event.get("team"), event.get("owner_id"), event.get("kind", "new")
        deal.cohort = {**deal.owners(by), "channel": deal.channel}
    if how == "stage_changed" and deal.end is None:
        deal.owner, deal.team = event.get("owner_id") or deal.owner, event.get("team") or deal.team
        named_amount(event, deal)
        if event.data["stage"] != deal.stage:
            if deal.since is not None:
                deal.visits.append((deal.stage, deal.since, event.at - deal.since))
            deal.stage, deal.since = event.data["stage"], event.at
    if how in ("won", "lost"):
        if how == "won":
            before = deal.end and deal.end["how"] == "won" and deal.euros()
            named_amount(event, deal)
            if before is None or before is False or before != deal.euros():
                about = by.get("called_about", {})
                deal.service = (about[name],) if name in about else None
        if deal.end is None or deal.end["how"] != how:
            deal.end = None
            new = how == "won" and books.is_first(name)
            deal.end = {
                "how": how,
                "at": event.at,
                "new": new,
                **deal.owners(by),
                "channel": deal.channel,
                "by": by,
                "name": event.name,
            }


def named_amount(event, deal):
    """Take over the amount that an event names, and its currency with it."""
    if event.get("amount") is not None:
        deal.amount, deal.currency = event.get("amount"), event.get("currency")


def order_event(event, how, by, books):
    """Fold one event of an order."""
    name = event.data["order_id"]
    if how == "placed" and name not in books.orders:
        lines, deal = event.data["lines"], event.get("deal_id")
        new = books.is_first(name) if deal is None else not books.counted() or books.first == deal
        products = {line.get("product_line") for line in lines}
        named = {
            "channel": event.get("channel") or by["channel"], "team": event.get("team") or by["team"],
            "product": products.pop() if len(products) == 1 else None,
            "campaign": event.get("campaign_id") or by["campaign"],
        }  # fmt: skip
        amount = sum(line["quantity"] * line["price"] for line in lines)
        units = sum(line["quantity"] for line in lines)
        books.orders[name] = Order(
            event.at, amount, units, event.data["currency"], new, deal, named, event.get("case_id"), by, event.name
        )
    order = books.orders.get(name)
    if how == "refunded" and order is not None and event.data["currency"] == order.currency:
        paid = order.amount > 0
        order.amount -= event.data["amount"]
        order.units -= event.get("quantity", 0)
        if order.units <= 0 or (paid and order.amount <= 0):
            del books.orders[name]
    if order is not None and order.case:
        order.service = by.get("cases", {}).get(order.case, order.by["team"])


def work(event, by, books, lists):
    """Add the human touches that belong to a deal, and what service did."""
    if event.type == "case.opened" and event.data["case_id"] not in books.cases:
        books.cases.add(event.data["case_id"])
        lists["service"].append(Row(event.at, 1, {}, {"team": event.get("team") or by["team"]}))
    if "arrived" in by:
        lists["service"].append(by["arrived"])
    name = event.data.get("deal_id")
    human = not (event.get("automated") or event.get("internal"))
    if name is None or event.type not in ("interaction.logged", "call.queued") or not human:
        return
    deal = books.deals.get(name)
    row = Row(event.at, name, {}, by if deal is None else deal.owners(by))
    lists["activity"].append(row)
    if event.type == "call.queued" or event.data["medium"] == "call":
        lists["call"].append(row)


def deal_rows(name, deal, labels, lists):
    """Add what became of a deal; *labels* are those of the relationship now, None when it was erased."""
    for stage, since, lasted in deal.visits:
        lists["visit"].append(Row(since, lasted, {}, {"pipeline_stage": stage}))
    if deal.opened is not None:
        lists["opened"].append(Row(deal.opened, name, {}, deal.cohort))
    end, cents = deal.end, deal.euros()
    if end is None:
        if deal.since is not None and labels is not None:
            lists["open"].append((deal.since, cents, {"pipeline_stage": deal.stage, **deal.owners(labels)}))
        return
    sold = {"team": end["team"], "channel": end["channel"], "product": deal.product}
    if deal.since is not None:
        lists["visit"].append(Row(deal.since, end["at"] - deal.since, {}, {"pipeline_stage": deal.stage}))
    lists["ended"].append(Row(end["at"], name, {"outcome": end["how"]}, end))
    if deal.opened is not None:
        lists[f"{end['how']}_cycle"].append(Row(end["at"], end["at"] - deal.opened, {}, sold))
    if end["how"] == "won":
        if deal.opened is not None:
            lists["won_of_cohort"].append(Row(deal.opened, name, {}, deal.cohort))
        if cents is not None:
            lists["size"].append(Row(end["at"], cents, {}, sold))
            lists["revenue"].append(Row(end["at"], cents, {}, sold))
            if deal.service:
                lists["by_service"].append(Row(end["at"], cents, {}, {"team": deal.service[0]}))
            if deal.kind != "renewal":
                lists["new_revenue"].append(Row(end["at"], cents, {}, sold))


def order_rows(order, lists):
    """Add what is left of an order."""
    customer = {"customer": "new" if order.new else "existing"}
    lists["order"].append(Row(order.at, 1, customer, order.by))
    lists["units"].append(Row(order.at, order.units, {}, order.by))
    if order.currency == "EUR":
        lists["order_amount"].append(Row(order.at, order.amount, customer, order.by))
        if order.deal is None:
            lists["revenue"].append(Row(order.at, order.amount, {}, order.by))
            if order.case:
                lists["by_service"].append(Row(order.at, order.amount, {}, {"team": order.service}))


def numbers(lists, now):
    """Return every number of the area."""
    won, lost = ([row for row in lists["ended"] if row.fixed["outcome"] == how] for how in ("won", "lost"))
    decided, closed = won + lost, ({"customer": "new"}, {"customer": "existing"})
    going_on = [Row(since, now - since, {}, by) for since, _, by in lists["open"]]
    return {
        **ratio("win_ratio", won, decided, BY, now, {"form": "narrow"}),
        **ratio("win_ratio", won, decided + lists["disqualified"], BY, now, {"form": "broad"}),
        **ratio("close_ratio", lists["won_of_cohort"], lists["opened"], BY, now, {}),
        **tally("deals_opened", lists["opened"], BY, now),
        **tally("deals_ended", lists["ended"], BY, now, ({"outcome": "won"}, {"outcome": "lost"})),
        **cycle("sales_cycle_seconds", lists["won_cycle"], "won", now),
        **cycle("loss_cycle_seconds", lists["lost_cycle"], "lost", now),
        **survival("deal_stage_seconds", lists["visit"], going_on, ("pipeline_stage",), now),
        **pipeline(lists["open"], now),
        **tally("proposals_sent", lists["proposals"], OWNER, now),
        **tally("sales_calls", lists["call"], OWNER, now),
        **tally("deal_activities", lists["activity"], OWNER, now),
        **each("calls_per_deal", lists["call"], lists["activity"], now),
        **each("activities_per_deal", lists["activity"], lists["activity"], now),
        **amounts("revenue_eur", lists["revenue"], SOLD_BY, now),
        **amounts("revenue_new_eur", lists["new_revenue"], SOLD_BY, now),
        **distribution("deal_size_eur", lists["size"], SOLD_BY, now, (0.5,), 100),
        **per_interaction(lists["by_service"], lists["service"], now),
        **per_one("items_per_order", lists["units"], ("channel",), now),
        **tally("orders", lists["order"], ("campaign",), now, closed),
        **amounts("order_amount_eur", lists["order_amount"], ("campaign",), now, closed),
    }


def cycle(kpi, rows, _outcome, now):
    """Return how long deals took."""
    return distribution(kpi, rows, ("team", "product"), now)


def each(kpi, touches, worked, now):
    """Return touches over the different deals that were worked on."""
    all_differ = [row._replace(value=place) for place, row in enumerate(touches)]
    return unlike(kpi, all_differ, worked, OWNER, now, {})


def pipeline(running, now):
    """Return how many deals are open, what they are worth and for how long they stand in their stage."""
    found = {key(kpi, "", None, {}): 0 for kpi in ("deals_open", "pipeline_amount_eur", "pipeline_weighted_eur")}
    groups: dict[Any, list[float]] = {}
    for since, cents, by in running:
        for cut in cuts(by, STAGE_BY):
            groups.setdefault(tuple(cut.items()), []).append((now - since) / 1000)
            if cents is not None:
                name = key("pipeline_amount_eur", "", None, cut)
                found[name] = found.get(name, 0) + cents / 100
    for cut, ages in groups.items():
        found[key("deals_open", "", None, dict(cut))] = len(ages)
        for share in (0.5, 0.9):
            found[key("deal_stage_age_seconds", "", None, {**dict(cut), "quantile": str(share)})] = quantile(
                ages, share
            )
    return found


def per_interaction(revenue, things, now):
    """Return what service sold over the number of cases and calls, where there were any."""
    money = {}
    for window, labels, some in windowed(revenue, ("team",), now):
        money[window, tuple(labels.items())] = sum(row.value for row in some) / 100
    found = {}
    for window, labels, some in windowed(things, ("team",), now):
        above = money.get((window, tuple(labels.items())), 0)
        found.update(fraction("revenue_per_service_interaction_eur", window, labels, above, len(some)))
    return found
