"""`crm-pulse import` and `crm-pulse evaluate` give the published figures of a company that sells software by the month.

Its tables contradict each other: what of theirs can be had, and how, is in docs/import.md.
"""

import csv
import json
from calendar import monthrange

import pytest

from stream_app.kpis import catalogue
from stream_app.kpis.evaluation import fold
from stream_app.policies import parse
from tests.reference.figures import check_ravenstack, folder, reference
from tests.reference.test_evaluate import EXAMPLES, run

NAME = "ravenstack-saas"
ROUNDED = 1e-6
"""The reference rounds shares to six digits."""
KINDS = ("paid", "trial")

pytestmark = pytest.mark.data


def table(name):
    with (folder(NAME) / f"ravenstack_{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The events, a place for policies, what the import said, and the rejected rows."""
    place = tmp_path_factory.mktemp(NAME)
    events, rejects = place / "events.jsonl", place / "rejects.csv"
    files = [EXAMPLES / f"{NAME}.toml", *sorted(folder(NAME).glob("*.csv"))]
    summary = json.loads(run("import", *files, "--to", events, "--rejects", rejects, "--json").stdout)
    with rejects.open(encoding="utf-8") as file:
        return place, events, summary, list(csv.DictReader(file))


def figures(place, events, window, *, policies="", at=None):
    """Evaluate, and return how to find a number."""
    dollars = place / "policies.toml"
    dollars.write_text(f'{policies}\n[money]\nreporting = "USD"\n', encoding="utf-8")
    moment = ["--at", at] if at else []
    document = json.loads(run("evaluate", events, "--policies", dollars, "--window", window, *moment).stdout)
    rows = {(row["name"], row["part"], tuple(sorted(row["labels"].items()))): row for row in document["kpis"]}

    def find(kpi, part="", field="value", **labels):
        row = rows.get((kpi, part, tuple(sorted(labels.items()))))
        return None if row is None else row[field]

    return document, find


@pytest.fixture(scope="module")
def whole(imported):
    place, events, *_ = imported
    return figures(place, events, "731d", policies='default_calendar = "always"')


@pytest.fixture(scope="module")
def subscriptions(imported):
    """The events of subscriptions alone."""
    place, events, *_ = imported
    chosen = place / "subscriptions.jsonl"
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True)
    chosen.write_text("".join(line for line in lines if "crm.subscription." in line), encoding="utf-8")
    return place, chosen


def test_dirty_rows_are_counted_and_explained(imported, whole):
    """
    The 21 usages whose id is there twice are rejects, one line each; all other rows become events.
    """
    _, _, summary, rejects = imported
    document, _ = whole

    assert summary["rejected"] == {"same_id": 21}
    assert {(row["reason"]) for row in rejects} == {"same_id"}
    assert summary["rows"] == {
        "accounts": 500, "churn events": 600, "feature usage": 25_000, "subscriptions": 5_000, "support tickets": 2_000,
    }  # fmt: skip
    assert document["events"]["applied"] == sum(summary["events"].values())
    assert document["events"]["dead"] == document["events"]["duplicates"] == 0


def test_contradicting_churn_is_counted_by_reason(imported, whole):
    """
    An account that left twice without coming back, or came back without having left, is told and not counted.
    """
    theirs, (_, find), (_, events, *_) = reference(NAME), whole, imported
    left, back = find("customers_lost"), find("customers_reactivated")
    policies = parse('catalogue.areas = ["value"]\nwindows = ["731d"]')
    with events.open("rb") as lines:
        view = fold((line for line in lines if b"crm.customer." in line), policies).view

    excluded = catalogue(policies)["churn_ratio"].excluded(view)["731d"]
    assert back + excluded["never_left"] == theirs["reactivations"]
    assert left + excluded["had_left_before"] == len(table("churn_events"))


def test_churn_revenue_satisfaction_and_response(whole):
    """
    In all, per plan and per priority: counts and money exactly, quantiles within a bucket.
    """
    _, find = whole

    check_ravenstack(find)


@pytest.mark.parametrize(("first", "resolution"), [("60m", "24h"), ("120m", "48h")])
def test_promises_kept(imported, first, resolution):
    """
    A promise to answer is dropped when the case is solved first; theirs is kept or broken by the reply all the same.
    """
    theirs, (place, events, *_) = reference(NAME), imported
    promises = f'case.first = [{{ within = "{first}" }}]\ncase.resolution = [{{ within = "{resolution}" }}]'
    _, find = figures(place, events, "731d", policies=f'catalogue.areas = ["service"]\n{promises}')
    minutes = int(first[:-1])
    dropped = [
        int(row["first_response_time_minutes"])
        for row in table("support_tickets")
        if int(row["resolution_time_hours"]) * 60 <= min(minutes, int(row["first_response_time_minutes"]) - 1)
    ]

    met, decided = (find("case_sla_ratio", part, promise="first") for part in ("numerator", "denominator"))
    assert decided == 2000 - len(dropped)
    met += sum(reply <= minutes for reply in dropped)
    assert met / 2000 == pytest.approx(theirs["first_response_sla"][f"<={minutes}min"], abs=ROUNDED)
    kept = find("case_sla_ratio", promise="resolution")
    assert kept == pytest.approx(theirs["resolution_sla"][f"<={resolution}"], abs=ROUNDED)


@pytest.mark.parametrize("month", [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)])
def test_recurring_revenue_and_churn_of_every_month(subscriptions, month):
    """
    Revenue at the end of the month, subscriptions at its start, new and ended: all as theirs, trials added.
    """
    theirs = reference(NAME)["monthly"][month]
    days = monthrange(*map(int, month.split("-")))[1]
    place, events = subscriptions
    _, find = figures(place, events, f"{days}d", policies='catalogue.areas = ["value"]', at=f"{month}-{days}T23:59:59Z")
    start, lost = (
        sum(find("subscription_churn_ratio", part, kind=kind) or 0 for kind in KINDS)
        for part in ("denominator", "numerator")
    )

    assert find("recurring_revenue_usd") == theirs["mrr_at_month_end(active, all)"]
    assert start == theirs["active_start"]
    assert sum(find("subscriptions_new", kind=kind) for kind in KINDS) == theirs["new"]
    assert sum(find("subscriptions_lost", kind=kind) for kind in KINDS) == theirs["ended"]
    expected = theirs["churn_rate(ended among active at start / active_start)"]
    if expected is None:
        assert start == 0
    else:
        assert lost / start == pytest.approx(expected, abs=ROUNDED)


@pytest.mark.parametrize("month", ["2023-01", "2024-02", "2024-12"])
def test_tickets_of_a_month(imported, month):
    """Cases opened, month by month."""
    place, events, *_ = imported
    days = monthrange(*map(int, month.split("-")))[1]
    policies = 'catalogue.areas = ["service"]'
    _, find = figures(place, events, f"{days}d", policies=policies, at=f"{month}-{days}T23:59:59Z")

    assert find("cases_opened") == reference(NAME)["tickets_per_month"][month]
