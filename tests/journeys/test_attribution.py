"""Attribution: every cent is credited once, to the campaign that the touches say, or to none."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import encode
from stream_app.kpis import catalogue
from stream_app.kpis.evaluation import fold
from stream_app.measures.sum import Sum
from stream_app.policies import Attribution, Policies

START = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp() * 1000)
HOUR, DAY = 3_600_000, 86_400_000
END = START + 20 * DAY
CAMPAIGNS = ("spring", "summer", "autumn")
WINDOW = "30d"

campaigns = st.sampled_from(CAMPAIGNS)
people = st.sampled_from(("ada", "bob"))
hours = st.integers(0, 19 * 24)
amounts = st.integers(1, 10**6)


def order(name, amount, **more):
    return {"order_id": name, "currency": "EUR", "lines": [{"sku": "a", "quantity": 1, "price": amount}], **more}


@st.composite
def histories(draw):
    """Touches, orders, refunds and deals of two people: (hour, who, type, data)."""
    events = []
    for _ in range(draw(st.integers(0, 8))):
        touch = draw(
            st.sampled_from(
                (
                    ("page.viewed", {"campaign_id": draw(campaigns)}),
                    ("email.clicked", {"campaign_id": draw(campaigns), "message_id": "m"}),
                    ("interaction.logged", {"direction": "in", "medium": "call", "campaign_id": draw(campaigns)}),
                    ("page.viewed", {}),
                )
            )
        )
        events.append((draw(hours), draw(people), *touch))
    for number in range(draw(st.integers(0, 5))):
        at, who, amount = draw(hours), draw(people), draw(amounts)
        named = draw(st.sampled_from(({}, {"campaign_id": draw(campaigns)})))
        events.append((at, who, "order.placed", order(f"o{number}", amount, **named)))
        if draw(st.booleans()):
            back = {"order_id": f"o{number}", "currency": "EUR", "amount": draw(st.integers(1, amount))}
            events.append((at + draw(st.integers(1, 24)), who, "order.refunded", back))
    for number in range(draw(st.integers(0, 3))):
        at, who, amount = draw(hours), draw(people), draw(amounts)
        deal = {"deal_id": f"d{number}"}
        events.append((at, who, "deal.opened", {**deal, "amount": amount, "currency": "EUR"}))
        events.append((at + 1, who, "deal.won", deal))
        if draw(st.booleans()):
            events.append((at + 2, who, draw(st.sampled_from(("deal.reopened", "deal.lost"))), deal))
    return draw(st.permutations(events))


def lines(history):
    return [
        encode(
            f"crm.{name}.v1",
            data,
            id=f"e{number}",
            source="/crm/test",
            time=START + hour * HOUR + number,  # no two at once
            subject=who,
        )
        for number, (hour, who, name, data) in enumerate(history)
    ]


def folded(history, policies):
    result = fold(lines(history), policies, END)
    assert not result.dead
    return {
        (sample.kpi, *sorted(sample.labels.items())): sample.value
        for sample in result.samples(catalogue(policies))
        if sample.window == WINDOW and sample.part == ""
    }


def walked(history, credit, window):
    """Who earned what, by walking through each life: {campaign or None: cents}."""
    stamped = [(START + hour * HOUR + n, who, name, data) for n, (hour, who, name, data) in enumerate(history)]
    found: dict[str | None, int] = {}
    for person in ("ada", "bob"):
        touches, sold, deals = [], {}, {}
        for at, who, name, data in sorted(stamped, key=lambda event: event[0]):
            if who != person:
                continue
            if data.get("campaign_id"):
                touches.append((at, data["campaign_id"]))
            recent = [campaign for when, campaign in touches if when >= at - window]
            chosen = (recent[0] if credit == "first" else recent[-1]) if recent else None
            if name == "order.placed":
                sold[data["order_id"]] = (chosen, data["lines"][0]["price"])
            elif name == "order.refunded":
                who_earned, amount = sold[data["order_id"]]
                sold[data["order_id"]] = (who_earned, amount - data["amount"])
            elif name == "deal.opened":
                deals[data["deal_id"]] = data["amount"]
            elif name == "deal.won":
                sold[data["deal_id"]] = (chosen, deals[data["deal_id"]])
            elif name in ("deal.reopened", "deal.lost"):
                sold.pop(data["deal_id"])
        for campaign, amount in sold.values():
            found[campaign] = found.get(campaign, 0) + amount
    return found


@settings(deadline=None, max_examples=60)
@given(histories(), st.sampled_from(("first", "last")), st.sampled_from((2 * DAY, 90 * DAY)))
def test_each_campaign_has_what_its_touches_earned_and_all_adds_up(history, credit, window):
    """
    The credit of every campaign is what a plain walk through each life gives, in whatever order events arrive.
    """
    policies = Policies(attribution=Attribution(credit, window))
    got = folded(history, policies)
    expected = walked(history, credit, window)

    for campaign in CAMPAIGNS:
        key = ("campaign_revenue_eur", ("campaign", campaign), ("credit", "credited"))
        assert got.get(key, 0) == pytest.approx(expected.get(campaign, 0) / 100)
    credited = got["campaign_revenue_eur", ("credit", "credited")]
    unattributed = got["campaign_revenue_eur", ("credit", "unattributed")]
    assert unattributed == pytest.approx(expected.get(None, 0) / 100)
    assert credited + unattributed == pytest.approx(sum(expected.values()) / 100)


@settings(deadline=None, max_examples=60)
@given(histories())
def test_the_credited_and_the_unattributed_revenue_are_all_that_sales_count(history):
    """
    Attribution splits the revenue that sales see, and neither makes nor loses any.
    """
    policies = Policies()
    result = fold(lines(history), policies, END)
    longest = result.view.windows[-1]

    def cents(measure, *dims):
        held = result.view.get(measure, longest, dims)
        assert held is None or isinstance(held, Sum)
        return 0 if held is None else held.total

    assert cents("campaign_revenue", "credited") + cents("campaign_revenue", "unattributed") == cents("revenue")


MANY = 200


def test_so_many_changes_of_campaign_are_forgotten_that_a_life_stays_small():
    """
    Who is touched by two campaigns in turn, all day long, is still credited by the first touch and the last.
    """
    touches = [(0, "ada", "page.viewed", {"campaign_id": "spring"})]
    touches += [(1, "ada", "page.viewed", {"campaign_id": ("summer", "autumn")[n % 2]}) for n in range(MANY)]
    history = [*touches, (2, "ada", "order.placed", order("o1", 100))]

    expected: dict[Literal["first", "last"], str] = {"first": "spring", "last": "autumn"}
    for credit, campaign in expected.items():
        got = folded(history, Policies(attribution=Attribution(credit, DAY)))
        assert got["campaign_revenue_eur", ("campaign", campaign), ("credit", "credited")] == 1


def test_the_largest_order_overflows_nothing_and_a_larger_one_is_refused():
    """
    A mistyped price is counted to the cent or refused, and never ends the worker that has to store it.
    """
    largest = order("o1", 2**53 - 1)
    larger = {
        "order_id": "o2",
        "currency": "EUR",
        "lines": [{"sku": "a", "quantity": 10**9, "price": 2**53 - 1}] * 1000,
    }
    history = [
        (0, "ada", "customer.created", {}),
        (1, "ada", "order.placed", largest),
        (2, "ada", "order.placed", larger),
    ]

    result = fold(lines(history), Policies(), END)

    (letter,) = result.dead
    assert (letter.reason, letter.field) == ("invalid_field", "data.lines")
    held = result.view.get("campaign_revenue", result.view.windows[-1], ("unattributed",))
    assert isinstance(held, Sum)
    assert held.total == 2**53 - 1
