"""What stood when a window began and what flowed since give what stands now, whoever came, left and came back."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import encode
from stream_app.kpis import catalogue
from stream_app.kpis.evaluation import fold
from stream_app.policies import parse

HOUR = 3_600_000
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
SPAN_HOURS = 24 * 40
POLICIES = parse('catalogue.areas = ["value"]\nwindows = ["1h", "24h", "7d", "30d"]')
KPIS = catalogue(POLICIES)
WHO = ("ada", "bob", "cai")

subscriptions = st.fixed_dictionaries(
    {"subscription_id": st.sampled_from(["s1", "s2"])},
    optional={"plan": st.sampled_from(["solo", "team"]), "amount": st.integers(0, 9), "currency": st.just("EUR")},
)
happenings: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("customer.created"), st.fixed_dictionaries({}, optional={"segment": st.sampled_from("ab")})),
    st.tuples(st.sampled_from(["customer.churned", "customer.reactivated"]), st.just({})),
    st.tuples(st.sampled_from(["subscription.started", "subscription.changed", "subscription.renewed"]), subscriptions),
    st.tuples(
        st.sampled_from(["subscription.cancelled", "subscription.renewal_due"]),
        st.fixed_dictionaries({"subscription_id": st.sampled_from(["s1", "s2"])}),
    ),
)
histories = st.lists(
    st.tuples(st.integers(0, SPAN_HOURS * 4), st.sampled_from(WHO), happenings), min_size=1, max_size=25
)


def lines(history):
    """The history as JSON Lines."""
    out = []
    for number, (quarters, who, (name, data)) in enumerate(history):
        at = START + quarters * HOUR // 4
        out.append(encode(f"crm.{name}.v1", data, id=f"e{number}", source="/crm/law", time=at, subject=who))
    return out


def figures(events, at):
    result = fold(events, POLICIES, at)
    assert not result.dead
    found = {
        (one.kpi, one.part, one.window, tuple(sorted(one.labels.items()))): one.value for one in result.samples(KPIS)
    }
    starts = {window.name: result.view.start(window) for window in result.view.windows}
    return found, starts


NOW = START + SPAN_HOURS * HOUR


@given(histories)
@settings(max_examples=120, deadline=None)
def test_what_a_window_began_with_is_what_stood_then(history):
    """Customers, subscriptions and revenue at a window's start are those that the events until then give."""
    events = lines(history)
    now, starts = figures(events, NOW)
    for window, start in starts.items():
        before, _ = figures(events, start - 1)
        for kpi, stock, labels, of in (
            ("churn_ratio", "customers_active", (), ()),
            ("retention_ratio", "customers_active", (), ()),
            ("subscription_churn_ratio", "subscriptions_active", (("kind", "paid"),), (("kind", "paid"),)),
            ("revenue_churn_ratio", "recurring_revenue_eur", (), ()),
        ):
            stood = before.get((stock, "", None, of), 0)
            assert now.get((kpi, "denominator", window, labels), 0) == stood, (kpi, window)


@given(histories)
@settings(max_examples=120, deadline=None)
def test_revenue_at_the_start_and_all_movements_make_the_revenue_of_now(history):
    """No movement is missing and none is counted twice."""
    events = lines(history)
    now, starts = figures(events, NOW)
    for window, start in starts.items():
        before, _ = figures(events, start - 1)
        moved = sum(
            value
            for (kpi, _, of, labels), value in now.items()
            if kpi == "recurring_revenue_movement_eur" and of == window and [name for name, _ in labels] == ["movement"]
        )
        stood, stands = (found.get(("recurring_revenue_eur", "", None, ()), 0) for found in (before, now))
        assert round(stood + moved, 6) == round(stands, 6), window


@given(histories)
@settings(max_examples=120, deadline=None)
def test_who_stayed_and_who_left_are_who_was_there(history):
    """Retained and lost add up to the start, and nobody else is in either, by the plain list of who stayed."""
    events = lines(history)
    now, starts = figures(events, NOW)
    for window, start in starts.items():
        there, stayed = stays(history, start)
        assert now[("customers_retained", "", window, ())] == len(stayed), window
        if there:
            kept = now[("retention_ratio", "numerator", window, ())]
            lost = now[("churn_ratio", "numerator", window, ())]
            assert (kept, lost) == (len(stayed), len(there) - len(stayed)), window


ORDER = ("customer.created", "customer.churned", "customer.reactivated")


def stays(history, start):
    """Who was a customer at *start*, and who of them has been one ever since: one customer at a time, plainly."""
    there, stayed = set(), set()
    for who in WHO:
        told = sorted(
            (START + quarters * HOUR // 4, ORDER.index(name))
            for quarters, whose, (name, _) in history
            if whose == who and name in ORDER
        )
        known = active = was_there = False
        since_start = True
        for at, what in told:
            was = active
            if ORDER[what] == "customer.created":
                active, known = (active if known else True), True
            elif ORDER[what] == "customer.reactivated":
                active = known = True
            else:
                active = False
            if at < start:
                was_there = active
            elif was and not active:
                since_start = False
        if was_there:
            there.add(who)
            if since_start:
                stayed.add(who)
    return there, stayed
