"""The mappings that ship, over real exports: their events hold what the reference figures are made of."""

import json
import statistics
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stream_app.ingest.build import Import
from stream_app.ingest.load import load
from stream_app.ingest.match import match
from stream_app.ingest.order import by_time
from stream_app.ingest.rejects import Rejects

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

Json = dict[str, Any]

pytestmark = pytest.mark.data


def imported(name: str, *exports: str) -> tuple[list[Json], Import, Json]:
    """Return the events that the example *name* makes of *exports*, the accounts, and the reference figures."""
    folder = DATA / exports[0].split("/", maxsplit=1)[0]
    if not folder.is_dir():
        pytest.skip(f"there is no {folder.name} beside the repository")
    words = load(ROOT / "examples" / f"{name}.toml")
    run = Import(words, Rejects(None))
    built = by_time(event for path in exports for event in run.events(DATA / path, match(words, DATA / path)))
    return [json.loads(event.value) for event in built], run, json.loads((folder / "reference.json").read_text())


def seconds(event: Json) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def of(events: list[Json], kind: str) -> list[Json]:
    return [event for event in events if event["type"] == f"crm.{kind}.v1"]


@pytest.mark.parametrize("mapping", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_an_example_has_no_mistakes(mapping):
    if "[[file]]" in mapping.read_text():
        assert load(mapping).name == mapping.stem


@pytest.fixture(scope="module")
def olist():
    folder = "olist-marketing-funnel"
    return imported(
        "olist", f"{folder}/olist_closed_deals_dataset.csv", f"{folder}/olist_marketing_qualified_leads_dataset.csv"
    )


@pytest.fixture(scope="module")
def helpdesk():
    return imported("helpdesk", "helpdesk-italian/helpdesk.csv")


class TestOlist:
    """Leads and closed deals of a marketplace."""

    def test_every_row_is_used(self, olist):
        events, run, reference = olist

        assert run.tally.rows == {
            "qualified leads": reference["rows"]["mql"],
            "closed deals": reference["rows"]["closed_deals"],
        }
        assert run.tally.used == run.tally.rows
        assert run.rejects.total == 0
        assert all(event["imported"] for event in events)

    def test_leads_and_conversions_per_origin(self, olist):
        events, _, reference = olist
        origin = {event["subject"]: event["data"]["channel"] for event in of(events, "lead.created")}
        leads = Counter(origin.values())
        won = Counter(origin[event["subject"]] for event in of(events, "lead.converted"))

        for name, expected in reference["kpi"]["per_origin"].items():
            channel = "unspecified" if name == "(missing)" else name
            assert (leads[channel], won[channel]) == (expected["leads"], expected["won"]), name
        assert leads.total() == 8000
        assert won.total() == len(of(events, "deal.won")) == reference["kpi"]["deals"]

    def test_days_to_close(self, olist):
        events, _, reference = olist
        came = {event["subject"]: seconds(event) for event in of(events, "lead.created")}
        days = [(seconds(event) - came[event["subject"]]) / 86_400 for event in of(events, "deal.won")]
        expected = reference["kpi"]["days_to_close(won_date - first_contact_date 00:00)"]

        assert statistics.fmean(days) == pytest.approx(expected["mean"], abs=1e-6)
        assert statistics.median(days) == pytest.approx(expected["median"], abs=1e-6)
        assert min(days) == pytest.approx(expected["min"], abs=1e-6)


class TestHelpdesk:
    """Step log of a help desk."""

    def test_every_row_is_read_and_exact_repeats_are_one_event(self, helpdesk):
        _, run, reference = helpdesk

        assert run.tally.rows == {"ticket log": reference["rows"]}
        assert run.rejects.total == 0
        assert run.tally.events["case.opened"] == reference["cases"]
        assert 0 < run.tally.repeated <= reference["quality"]["exact_duplicate_rows"]

    def test_events_are_in_order_of_time(self, helpdesk):
        times = [seconds(event) for event in helpdesk[0]]

        assert times == sorted(times)

    def test_first_responses(self, helpdesk):
        events, _, reference = helpdesk
        opened = {event["subject"]: seconds(event) for event in of(events, "case.opened")}
        first: dict[str, float] = {}
        for event in of(events, "case.replied"):
            first.setdefault(event["subject"], seconds(event))
        hours = [(at - opened[case]) / 3600 for case, at in first.items()]
        expected = reference["kpi"]["first_response_hours"]

        assert len(hours) == expected["count"]
        assert statistics.fmean(hours) == pytest.approx(expected["mean"], abs=1e-6)
        assert statistics.median(hours) == pytest.approx(expected["median"], abs=1e-6)
        assert hours.count(0.0) == reference["quality"]["response_zero_seconds"]

    def test_resolutions_and_closures(self, helpdesk):
        events, _, reference = helpdesk
        opened = {event["subject"]: seconds(event) for event in of(events, "case.opened")}
        first: dict[str, float] = {}
        for event in of(events, "case.resolved"):
            first.setdefault(event["subject"], seconds(event))
        days = [(at - opened[case]) / 86_400 for case, at in first.items()]

        assert len(days) == reference["kpi"]["cases_resolved"]
        assert statistics.fmean(days) == pytest.approx(reference["kpi"]["resolution_days"]["mean"], abs=1e-6)
        assert len({event["subject"] for event in of(events, "case.closed")}) == reference["kpi"]["cases_closed"]

    def test_reopened_and_waiting_cases(self, helpdesk):
        events, _, reference = helpdesk
        reopened = {event["subject"] for event in of(events, "case.reopened")}
        waited = {event["subject"] for event in of(events, "case.paused")}

        assert len(reopened) == reference["kpi"]["cases_reopened"]
        assert len(waited) == reference["kpi"]["cases_with_wait"]

    def test_a_pause_ends_before_the_next_one_begins(self, helpdesk):
        paused: defaultdict[str, bool] = defaultdict(bool)
        for event in helpdesk[0]:
            if event["type"] == "crm.case.resumed.v1":
                assert paused[event["subject"]]
                paused[event["subject"]] = False
            elif event["type"] == "crm.case.paused.v1":
                paused[event["subject"]] = True
