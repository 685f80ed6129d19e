"""Deals, orders and what they earn, event by event: what stories cannot say, and what holds for every history."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import decode, encode
from stream_app.journeys import deal_state, order, purchase, purchase_growth
from stream_app.journeys.deal_end import SIZE
from stream_app.journeys.machine import Machine
from stream_app.journeys.part import Emission
from stream_app.journeys.purchase import REVENUE
from stream_app.journeys.relationship import PARTS
from stream_app.journeys.state import Relationship
from stream_app.policies import Policies
from stream_app.policies.money import Money, Rates
from tests.journeys.kept import kept

DAY = 86_400_000
FIRST = 20_000
"""The day that all times here are counted from, in days since the epoch."""
MONEY = Money("EUR", {"USD": Rates((FIRST, FIRST + 2), ((9, 10), (8, 10)))}, 0.6)
MACHINE = Machine(Policies(money=MONEY))
OWN = tuple(part for part in PARTS if part.name in ("deal", "order", "growth"))


def step(rel, event, out):
    """Fold one event: ms since the first day, type, data."""
    at, name, data = event
    fact = decode(encode(f"crm.{name}.v1", data, id="e", source="/crm", time=FIRST * DAY + at, subject="ada"))
    MACHINE.plan(name).fold(rel, fact, MACHINE.policies, out)


def fold(*events):
    """Fold events in order; return the relationship and all emissions."""
    rel = Relationship()
    out: list[Emission] = []
    for event in events:
        step(rel, event, out)
    return rel, out


def total(out, measure):
    """The number and the sum of a measure, as its cells would hold it."""
    mine = [emission for emission in out if emission[0] is measure]
    return sum(weight for *_, weight in mine), sum(value * weight for _, _, value, _, _, weight in mine)


def placed(at, name, amount=1000, currency="EUR", **more):
    lines = [{"sku": "s", "quantity": 1, "price": amount}]
    return at, "order.placed", {"order_id": name, "currency": currency, "lines": lines, **more}


def opened(at, name, amount=1000, currency="EUR", **more):
    return at, "deal.opened", {"deal_id": name, "amount": amount, "currency": currency, **more}


def won(at, name, **more):
    return at, "deal.won", {"deal_id": name, **more}


@pytest.mark.parametrize(
    ("events", "revenue"),
    [
        pytest.param([opened(0, "d", 100, "USD"), won(1, "d")], (1, 90), id="the rate of the day"),
        pytest.param([opened(0, "d", 100, "USD"), won(2 * DAY, "d")], (1, 80), id="of the winning, not of the opening"),
        pytest.param(
            [opened(0, "d", 100, "USD"), won(0, "d"), won(3 * DAY, "d", amount=200, currency="USD")],
            (1, 180),
            id="a corrected amount counts by the first winning",
        ),
        pytest.param(
            [
                placed(0, "o", 100, "USD"),
                (3 * DAY, "order.refunded", {"order_id": "o", "amount": 50, "currency": "USD"}),
            ],
            (1, 45),
            id="a refund counts by the rate of its order",
        ),
        pytest.param(
            [
                placed(0, "o", 100, "USD"),
                (3 * DAY, "order.refunded", {"order_id": "o", "amount": 100, "currency": "USD"}),
            ],
            (0, 0),
            id="paid back wholly",
        ),
        pytest.param([opened(0, "d", 100, "CHF"), won(0, "d")], (0, 0), id="no rate"),
    ],
)
def test_money_counts_by_the_rate_of_the_event(events, revenue):
    _, out = fold(*events)

    assert total(out, REVENUE) == revenue


def test_what_an_event_earned_can_be_read_by_the_parts_that_follow():
    """Each event on money says what counts from now on, and what no longer does."""
    earned = []
    rel = Relationship()
    out: list[Emission] = []
    for event in (
        placed(0, "o", 500, channel="web", campaign_id="spring", case_id="c"),
        (1, "order.refunded", {"order_id": "o", "amount": 100, "currency": "EUR"}),
        (2, "order.refunded", {"order_id": "unknown", "amount": 100, "currency": "EUR"}),
        won(3, "d", amount=700),
        (4, "deal.reopened", {"deal_id": "d"}),
        (5, "deal.lost", {"deal_id": "d"}),
    ):
        step(rel, event, out)
        earned.append(
            [(one.at - FIRST * DAY, one.amount, one.weight, one.source, one.item) for one in purchase.earnings(rel)]
        )

    assert earned == [
        [(0, 500, 1, "order", "o")],
        [(0, 500, -1, "order", "o"), (0, 400, 1, "order", "o")],
        [],
        [(3, 700, 1, "deal", "d")],
        [(3, 700, -1, "deal", "d")],
        [],
    ]


@pytest.mark.parametrize(
    ("events", "new"),
    [
        pytest.param([placed(0, "o"), placed(1, "p")], [True, False], id="the first order"),
        pytest.param([won(0, "d", amount=1), placed(1, "p")], [True, False], id="after a deal"),
        pytest.param(
            [won(0, "d", amount=1), (1, "deal.reopened", {"deal_id": "d"}), placed(2, "p")],
            [True, True, True],
            id="after a deal that was opened again",
        ),
        pytest.param(
            [
                placed(0, "o"),
                (1, "order.refunded", {"order_id": "o", "amount": 1000, "currency": "EUR"}),
                placed(2, "p"),
            ],
            [True, True, True],
            id="after one that was wholly paid back",
        ),
        pytest.param(
            [placed(0, "o"), (1, "order.refunded", {"order_id": "o", "amount": 1, "currency": "EUR"}), placed(2, "p")],
            [True, True, True, False],
            id="after one that was paid back in part",
        ),
    ],
)
def test_which_purchase_is_the_first(events, new):
    rel = Relationship()
    seen: list[bool] = []
    out: list[Emission] = []
    for event in events:
        step(rel, event, out)
        seen += [one.new for one in purchase.earnings(rel)]

    assert seen == new


def test_ended_deals_are_forgotten_before_open_ones():
    """What is kept is bounded; a deal that was forgotten cannot be opened again."""
    ended = [event for n in range(40) for event in (opened(n, f"e{n}"), (n, "deal.lost", {"deal_id": f"e{n}"}))]
    few, _ = fold(opened(0, "first"), *ended, opened(99, "last"))
    rel, _ = fold(opened(0, "first"), *ended, *(opened(100 + n, f"o{n}") for n in range(deal_state.MOST + 5)))
    known = kept(deal_state.SLOT, rel).known

    latest = [f"e{n}" for n in range(40 - deal_state.MOST_ENDED, 40)]
    assert list(kept(deal_state.SLOT, few).known) == ["first", *latest, "last"]
    assert len(known) == deal_state.MOST
    assert "first" not in known
    assert not [name for name in known if name.startswith("e")]
    assert f"o{deal_state.MOST + 4}" in known


def test_the_latest_orders_can_be_paid_back():
    """An order beyond those kept is unknown, and its refund is left out and counted."""
    refund = {"order_id": "o0", "amount": 1000, "currency": "EUR"}
    rel, out = fold(*(placed(n, f"o{n}") for n in range(order.KEPT + 1)), (99, "order.refunded", refund))

    assert len(kept(order.SLOT, rel).known) == order.KEPT
    assert total(out, REVENUE) == (order.KEPT + 1, 1000 * (order.KEPT + 1))
    assert (order.IGNORED, FIRST * DAY + 99, 1, ("refund_of_unknown_order",), (), 1) in out


def test_absorbed_deals_and_orders_go_on():
    """After a merge the survivor ends the deals and gives back the orders of the other one."""
    ours, out = fold(opened(0, "a", 100), placed(1, "o", 10))
    theirs, _ = fold(opened(0, "b", 200), placed(1, "p", 20), won(2, "w", amount=5))
    for part in OWN:
        assert part.absorb is not None
        part.absorb(ours, theirs)
    seen = len(out)
    for event in (
        won(5, "b"),
        (6, "order.refunded", {"order_id": "p", "amount": 20, "currency": "EUR"}),
        (7, "deal.reopened", {"deal_id": "w"}),
        placed(8, "q", 1),
    ):
        step(ours, event, out)

    assert total(out[seen:], REVENUE) == (0, 200 - 20 - 5 + 1)
    assert list(kept(deal_state.SLOT, ours).known) == ["b", "w", "a"]
    assert [one.new for one in purchase.earnings(ours)] == [False]
    assert kept(purchase_growth.SLOT, ours).deals.keys() == {"b"}


def test_nothing_is_absorbed_from_nobody():
    """A relationship without deals and orders adds nothing, and makes nothing up."""
    ours = Relationship()
    for part in OWN:
        assert part.absorb is not None
        part.absorb(ours, Relationship())

    assert ours == Relationship()


_steps = st.lists(
    st.sampled_from(
        [
            ("deal.opened", {"deal_id": "d", "amount": 300}),
            ("deal.stage_changed", {"deal_id": "d", "stage": "a"}),
            ("deal.stage_changed", {"deal_id": "d", "stage": "b", "amount": 500}),
            ("deal.won", {"deal_id": "d"}),
            ("deal.won", {"deal_id": "d", "amount": 700}),
            ("deal.lost", {"deal_id": "d"}),
            ("deal.reopened", {"deal_id": "d"}),
        ]
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(_steps)
def test_a_deal_counts_as_what_it_is_in_the_end(steps):
    """Whatever happened on the way: one deal that is won counts once, with its last amount; any other not at all."""
    rel, out = fold(*((at, name, data) for at, (name, data) in enumerate(steps)))
    known = deal_state.deal_of(rel, "d")
    won_now = known is not None and known.ended is not None and known.ended.outcome == "won"
    amount = known.amount if known is not None and won_now else None

    assert total(out, SIZE) == total(out, REVENUE) == ((1, amount) if amount is not None else (0, 0))
    assert purchase.nothing_left(rel) is not won_now
