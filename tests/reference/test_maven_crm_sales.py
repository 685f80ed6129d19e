"""`crm-pulse import` and `crm-pulse evaluate` give the published figures of 8,800 sales opportunities."""

import csv
import json

import pytest

from tests.reference.figures import check_maven, folder, reference
from tests.reference.test_evaluate import EXAMPLES, run

NAME = "maven-crm-sales"
DAY = 86_400
ROUNDED = 1e-6
"""The reference rounds ratios and means to six digits, and amounts per agent to four."""
UNDATED = 500
"""Opportunities that are only being prospected: the export does not say since when."""

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The events, the policies in dollars, and what the import said."""
    place = tmp_path_factory.mktemp(NAME)
    events, rejects, dollars = place / "events.jsonl", place / "rejects.csv", place / "dollars.toml"
    dollars.write_text('[money]\nreporting = "USD"\n', encoding="utf-8")
    files = [EXAMPLES / f"{NAME}.toml", folder(NAME) / "sales_pipeline.csv"]
    result = run("import", *files, "--to", events, "--rejects", rejects, "--json")
    return events, dollars, json.loads(result.stdout), rejects


def figures(imported, window, at=None):
    events, dollars, *_ = imported
    moment = ["--at", f"{at}T00:00:00Z"] if at else []
    document = json.loads(run("evaluate", events, "--policies", dollars, "--window", window, *moment).stdout)
    rows = {(row["name"], row["part"], tuple(sorted(row["labels"].items()))): row for row in document["kpis"]}

    def find(kpi, part="", field="value", **labels):
        row = rows.get((kpi, part, tuple(sorted(labels.items()))))
        return None if row is None else row[field]

    return document, find


@pytest.fixture(scope="module")
def whole(imported):
    return figures(imported, "730d")


def test_dirty_rows_are_counted_and_explained(imported, whole):
    """
    Undated opportunities are rejects, one line each; all others become events, and none is refused.
    """
    _, _, summary, rejects = imported
    document, _ = whole
    with rejects.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert summary["rows"] == {"opportunities": 8800}
    assert summary["rejected"] == {"missing_value": UNDATED}
    assert {(row["column"], row["reason"]) for row in rows} == {("engage_date", "missing_value")}
    assert len(rows) == UNDATED == reference(NAME)["deals_by_stage"]["Prospecting"]
    assert summary["events"] == {"deal.opened": 8300, "deal.won": 4238, "deal.lost": 2473}
    assert document["events"]["applied"] == sum(summary["events"].values())
    assert document["events"]["dead"] == document["events"]["duplicates"] == 0


def test_win_rate_cycle_deal_size_and_revenue(whole):
    """
    In all, per agent and per office: counts exactly, quantiles within a bucket.
    """
    _, find = whole

    check_maven(find)


def test_win_rate_per_product_from_its_parts(whole):
    """
    Deals are won by people and channels here, and not by products; their figure is in the two cycles of a product.
    """
    theirs, (_, find) = reference(NAME), whole

    for product, expected in theirs["per_product(GTXPro->GTX Pro)"].items():
        won, lost = (find(f"{kind}_cycle_seconds", "mean", "n", product=product) for kind in ("sales", "loss"))
        assert (won, lost) == (expected["won"], expected["lost"]), product
        assert won / (won + lost) == pytest.approx(expected["win_rate"], abs=ROUNDED)
        assert find("revenue_new_usd", product=product) == expected["won_value"]
        assert find("deal_size_usd", "mean", product=product) == pytest.approx(expected["avg_won_value"], rel=1e-4)


def test_win_rate_per_manager_from_those_of_the_agents(whole):
    """A manager's figures are the sums of those of the agents."""
    theirs, (_, find) = reference(NAME), whole
    with (folder(NAME) / "sales_teams.csv").open(encoding="utf-8") as file:
        manager = {row["sales_agent"]: row["manager"] for row in csv.DictReader(file)}

    for name, expected in theirs["per_manager"].items():
        agents = [agent for agent in theirs["per_agent"] if manager[agent] == name]
        for outcome in ("won", "lost"):
            assert sum(find("deals_ended", outcome=outcome, owner_id=agent) for agent in agents) == expected[outcome]


def test_created_form_over_all_opportunities(whole):
    """
    A cohort needs a date, so ours is won / dated opportunities; theirs adds those without.
    """
    theirs, (_, find) = reference(NAME), whole
    won, opened = find("close_ratio", "numerator"), find("close_ratio", "denominator")

    assert (won, opened) == (4238, 8800 - UNDATED)
    assert won / (opened + UNDATED) == pytest.approx(theirs["all_opportunity_conversion(Won/all)"], abs=ROUNDED)


def test_cycle_of_all_that_ended_from_both_cycles(whole):
    """Time to win and time to loss are kept apart here; theirs is the mean over both."""
    theirs, (_, find) = reference(NAME), whole

    both = [find(f"{kind}_cycle_seconds", "mean", field) for field in ("value", "n") for kind in ("sales", "loss")]
    mean = (both[0] * both[2] + both[1] * both[3]) / (both[2] + both[3])

    assert mean == pytest.approx(theirs["sales_cycle_days_closed"]["mean"] * DAY, rel=ROUNDED)


def test_revenue_per_office(whole):
    """The amounts of won deals, to the dollar."""
    theirs, (_, find) = reference(NAME), whole

    for office, expected in theirs["per_regional_office"].items():
        assert find("revenue_usd", team=office) == expected["won_value"]


@pytest.mark.parametrize("day", ["2016-12-31", "2017-03-31", "2017-06-30", "2017-09-30", "2017-12-31"])
def test_as_of_a_day(imported, day):
    """
    What was open on the evening of a day, how old it was, and what had been won and lost by then.
    """
    theirs = reference(NAME)["snapshots"][day]

    document, find = figures(imported, "730d", day)

    assert document["events"]["applied"] + document["events"]["after_at"] == 8300 + 6711
    assert find("deals_open") == theirs["engaged_open(engage_date<=d and not closed by d)"]
    assert find("deals_open", pipeline_stage="Engaging") == find("deals_open")
    age = find("deal_stage_age_seconds", quantile="0.5")
    assert age == theirs["median_age_days_of_open"] * DAY
    assert find("deals_ended", outcome="won") == theirs["won_cum"]
    assert find("deals_ended", outcome="lost") == theirs["lost_cum"]
    assert find("revenue_usd") == theirs["won_value_cum"]
    rate = find("win_ratio", form="narrow")
    assert rate == (theirs["win_rate_cum"] and pytest.approx(theirs["win_rate_cum"], abs=ROUNDED))


@pytest.mark.parametrize(
    ("day", "window", "month"),
    [("2017-03-31", "31d", "2017-03"), ("2017-06-30", "30d", "2017-06"), ("2017-12-31", "31d", "2017-12")],
)
def test_a_month(imported, day, window, month):
    """A window of whole days that ends with a month is that month."""
    theirs = reference(NAME)["closed_per_month"][month]

    _, find = figures(imported, window, day)

    assert find("deals_ended", outcome="won") == theirs["won"]
    assert find("deals_ended", outcome="lost") == theirs["lost"]
    assert find("revenue_usd") == theirs["won_value"]
