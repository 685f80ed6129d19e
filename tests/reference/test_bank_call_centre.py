"""`crm-pulse import` and `crm-pulse evaluate` give other people's figures for the calls of a bank.

Our figures and theirs differ on purpose in two things: who hangs up within 5 s counts for them, and callers who are
not known are no contacts for them. Both are computed here from the parts that are published.
"""

import csv
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from stream_app.journeys import call
from stream_app.kpis.evaluation import fold
from stream_app.measures import Aggregate
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.reference.figures import check_bank_call_centre, folder, reference
from tests.reference.test_evaluate import EXAMPLES, evaluated, imported, run

DATA = "bank-call-centre"
MONTH = "40d"
HOUR_MS = 3_600_000
WEEK = Window.parse("7d")
"""The longest window that is made of hours."""

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """The events of the whole month."""
    target = tmp_path_factory.mktemp("bank") / "calls.jsonl"
    return imported("bank-call-centre.toml", [folder(DATA) / "august_calls.csv"], target)


def test_the_month_and_each_type_of_call(events):
    """
    38,711 calls that queued: abandoned, answered and how soon, time of the agents.
    """
    document, find = evaluated(events, MONTH)

    assert document["events"]["dead"] == document["events"]["duplicates"] == 0
    check_bank_call_centre(find)
    with (folder(DATA) / "august_calls.csv").open() as file:
        endless = Counter(row["server"] for row in csv.DictReader(file) if ends_nowhere(row))
    assert endless.total() == 125
    for agent, answered in reference(DATA)["calls_per_server_top"].items():
        assert find("calls_handled", "", agent_id=agent) == answered - endless[agent]


def ends_nowhere(row):
    """An answered call without any time with an agent: when it ended is not known, so we do not count it as handled."""
    return row["outcome"] == "AGENT" and row["ser_time"] == "0"


def test_other_service_levels_and_everybody_who_hung_up(events, tmp_path):
    """
    With the times that they use as settings, our ratios are theirs.
    """
    theirs = reference(DATA)
    levels = {name.removeprefix("<= "): share for name, share in theirs["service_level"].items()}
    policies = tmp_path / "policies.toml"
    policies.write_text(
        f'[calls]\nservice_level = {json.dumps(list(levels))}\nshort_abandon = "none"\n'
        '[catalogue]\nareas = ["service"]\n'
    )

    document = json.loads(run("evaluate", events, "--window", MONTH, "--policies", policies).stdout)

    totals = {
        (row["name"], row["labels"].get("within")): row["value"]
        for row in document["kpis"]
        if not row["part"] and set(row["labels"]) <= {"within"}
    }
    assert {level: totals["service_level_ratio", level] for level in levels} == pytest.approx(levels, abs=1e-6)
    assert totals["call_abandon_ratio", None] == pytest.approx(theirs["month"]["abandon_rate"], abs=1e-6)


def test_repeated_calls_of_known_customers(tmp_path):
    """
    With the rows that are no calls counted as contacts too, as they do, the repeated ones are exactly theirs.
    """
    theirs = reference(DATA)
    mapping = tmp_path / "bank-call-centre.toml"
    words = (EXAMPLES / "bank-call-centre.toml").read_text()
    menu = 'when = { outcome = "HANG", queue_entered = { present = false } }\ntime = "arrived"'
    assert words.count(menu) == 1
    phantoms = """
[[file.event]]
name = "phantom"
type = "interaction.logged"
when = { outcome = "PHANTOM" }
time = "arrived"
data = { direction = "in", medium = "call" }
"""
    mapping.write_text(words + phantoms)
    target = tmp_path / "calls.jsonl"
    run("import", mapping, folder(DATA) / "august_calls.csv", "--to", target)
    horizons = theirs["repeat_contact_within"]
    policies = tmp_path / "policies.toml"
    policies.write_text(f'[calls]\nrepeat_contact = {json.dumps(list(horizons))}\n[catalogue]\nareas = ["service"]\n')

    document = json.loads(run("evaluate", target, "--window", MONTH, "--policies", policies).stdout)

    found = {
        (row["part"], row["labels"]["horizon"]): row["value"]
        for row in document["kpis"]
        if row["name"] == "repeat_contact_ratio" and set(row["labels"]) == {"horizon"}
    }
    assert found["denominator", "7d"] == 42_078
    known = theirs["calls_from_identified"]
    for horizon, share in horizons.items():
        assert found["numerator", horizon] / known == pytest.approx(share, abs=1e-6)


def rows(name):
    with (folder(DATA) / name).open() as file:
        return {row.pop(next(iter(row))): row for row in csv.DictReader(file)}


def hours_of(lines, start):
    """What the hourly panes of the week that begins at *start* hold when it ends, by the hour's start in ms."""
    end = start + timedelta(milliseconds=WEEK.size)
    during = [line for at, line in lines if start <= at < end]
    result = fold(during, Policies(windows=("7d",), areas=("service",)), round(end.timestamp() * 1000) - 1)
    found: dict[int, dict[str, Aggregate]] = {}
    for name, measure, dims in (
        ("queued", call.ARRIVED, ()),
        ("answered", call.OUTCOME, ("answered",)),
        ("abandoned", call.OUTCOME, ("abandoned",)),
        ("short", call.OUTCOME, ("short_abandon",)),
        ("in_time", call.IN_TIME, ("20s",)),
        ("wait", call.ANSWERED, ()),
        ("handle", call.HANDLE, ()),
    ):
        for at, held in result.view.panes(measure, WEEK, dims):
            found.setdefault(at, {})[name] = held
    return found


def time_of(line):
    """When the event of a line happened."""
    time = re.search(rb'"time":"([^"]+)"', line)
    assert time is not None
    return datetime.fromisoformat(time[1].decode())


def test_each_hour_and_each_day(events):
    """
    Seen at the ends of six overlapping weeks, every hour and every day has their figures.

    The last day of a week is taken from the next one: when a week ends, some calls of that day still go on.
    """
    lines = [(time_of(line), line) for line in events.read_bytes().splitlines()]
    hourly, daily = rows("reference_hourly.csv"), rows("reference_daily.csv")
    first = datetime(2010, 8, 1, tzinfo=UTC)
    weeks = [first + timedelta(days=6 * number) for number in range(7)]
    seen: dict[int, dict[str, Aggregate]] = {}
    for start, following in pairwise(weeks):
        held = hours_of(lines, start)
        seen |= {at: hour for at, hour in held.items() if at < following.timestamp() * 1000}

    days: dict[str, list[dict[str, Aggregate]]] = {}
    checked = 0
    for at, hour in seen.items():
        name = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        figures = figures_of([hour])
        compare(figures, hourly[name], name)
        days.setdefault(name[:10], []).append(hour)
        checked += figures["offered"] > 0
    assert checked == sum(float(row["offered"]) > 0 for row in hourly.values())
    assert days.keys() == daily.keys()
    for day, parts in days.items():
        compare(figures_of(parts), daily[day], day)


def figures_of(parts):
    """Their figures of some hours together, from what our measures hold."""

    def n(name):
        return sum(part[name].n for part in parts if name in part)

    def seconds(name):
        return sum(part[name].total for part in parts if name in part) / 1000

    offered, abandoned = n("queued"), n("abandoned") + n("short")
    return {
        "offered": offered,
        "answered": n("answered"),
        "abandoned": abandoned,
        "abandon_rate": abandoned / offered if offered else None,
        "asa_seconds": seconds("wait") / n("answered") if n("answered") else None,
        "sl20": n("in_time") / offered if offered else None,
        "aht_seconds": seconds("handle") / n("handle") if n("handle") else None,
    }


def compare(ours, theirs, when):
    for name, value in ours.items():
        expected = float(theirs[name]) if theirs[name] else None
        assert value == (expected if expected is None else pytest.approx(expected, abs=1e-6)), (when, name)


def test_dirty_rows_are_counted_and_survived(tmp_path):
    """
    Rows that are no calls, have no end or end before they began leave the others alone, and the summary counts them.
    """
    head, *lines = (folder(DATA) / "august_calls.csv").read_text().splitlines()
    broken = [
        ",A,1,0,0,PS,2010-08-01,25:10:10,0:10:27,17,0:00:00,0:00:00,0,AGENT,0:00:00,0:00:00,0,TOVA",
        ",A,2,0,0,PS,2010-08-01,9:10:10,9:10:27,17,0:00:00,0:00:00,many,AGENT,0:00:00,0:00:00,0,TOVA",
        ",A,3,0,0,PS,2010-08-01,9:10:10,9:10:27,17,0:00:00",
        ",A,,0,0,PS,2010-08-01,9:10:10,9:10:27,17,0:00:00,0:00:00,0,AGENT,0:00:00,0:00:00,0,TOVA",
    ]
    part = tmp_path / "part.csv"
    part.write_text("\n".join([head, *lines[:3000], *broken]) + "\n")

    summary = run("import", EXAMPLES / "bank-call-centre.toml", part, "--to", tmp_path / "part.jsonl").stdout

    phantoms = sum(",PHANTOM," in line for line in lines[:3000])
    assert "3,004" in summary
    assert f"{3000 - phantoms:,}" in summary
    for reason in ("bad_time", "not_a_number", "too_few_cells", "missing_value"):
        assert reason in summary
