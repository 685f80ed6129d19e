"""What an alert says: labels that are few and stay, words and links for whoever is woken."""

import re

import pytest

from stream_app.alerting.wording import Wording
from stream_app.board.directory import Directory
from stream_app.measures.clock import OpenClock
from stream_app.policies import parse
from tests.alerting.moments import MINUTE, MONDAY, clock

LINKS = parse('[[links]]\nurl = "https://crm.example.com/{relationship}/{item}"\n').links
BOARD = "https://board.example.com"


def wording(board=BOARD):
    return Wording(Directory({"u-17": "Ada Bianchi"}, LINKS), board)


def test_everything_that_is_known_is_said():
    promise = clock("acme ltd", due=10, item="case 7")
    alert = wording().promise(promise, "overdue", MONDAY)
    assert dict(alert.key) == {
        "alertname": "CrmPromiseOverdue",
        "severity": "page",
        "clock": "lead_response",
        "relationship": "acme ltd",
        "item": "case 7",
        "team": "emea",
        "channel": "web",
        "owner_id": "u-17",
    }
    assert alert.annotations == {
        "summary": "lead response overdue: acme ltd, case 7 (Ada Bianchi of emea)",
        "description": "Waiting by web since 2026-03-02T10:00:00.000Z; an answer was promised until "
        "2026-03-02T10:10:00.000Z (10 minutes).",
        "due": "2026-03-02T10:10:00.000Z",
        "since": "2026-03-02T10:00:00.000Z",
        "owner": "Ada Bianchi",
        "crm_url": "https://crm.example.com/acme%20ltd/case%207",
        "board_url": f"{BOARD}/clocks?clock=lead_response&owner_id=u-17&team=emea&state=overdue",
        "runbook_url": f"{BOARD}/runbooks/CrmPromiseOverdue",
    }


@pytest.mark.parametrize(
    ("promise", "summary"),
    [
        pytest.param(clock(), "lead response at risk: lead-1 (Ada Bianchi of emea)", id="all"),
        pytest.param(clock(team=None), "lead response at risk: lead-1 (Ada Bianchi)", id="no-team"),
        pytest.param(clock(owner_id=None), "lead response at risk: lead-1 (emea)", id="no-owner"),
        pytest.param(clock(owner_id="u-99"), "lead response at risk: lead-1 (u-99 of emea)", id="no-name"),
        pytest.param(clock(owner_id=None, team=None), "lead response at risk: lead-1 (nobody's yet)", id="nobody"),
        pytest.param(clock(item="lead-1"), "lead response at risk: lead-1 (Ada Bianchi of emea)", id="no-item"),
    ],
)
def test_the_summary_is_one_line_for_a_phone(promise: OpenClock, summary):
    alert = wording().promise(promise, "at_risk", MONDAY)
    assert alert.annotations["summary"] == summary
    assert all(value for _, value in alert.key), "an Alertmanager drops labels without a value"


def test_without_an_address_there_are_no_links_to_the_board():
    assert not {"board_url", "runbook_url"} & {*wording("").promise(clock(), "overdue", MONDAY).annotations}


def test_a_promise_that_is_named_otherwise_is_the_same_alert():
    """Names, links and due times may change; the labels decide what is one alert."""
    one, other = clock(due=10), clock(due=20)
    keys = {Wording(names, BOARD).promise(it, "overdue", MONDAY).key
            for names in (Directory(), Directory({"u-17": "Ada"}, LINKS)) for it in (one, other)}  # fmt: skip
    assert len(keys) == 1


@pytest.mark.parametrize("state", ["at_risk", "overdue"])
def test_many_links_to_the_list(state):
    alert = wording().many("emea", state, more=7, shown=3, starts=MONDAY + MINUTE)
    assert dict(alert.key)["severity"] == ("page" if state == "overdue" else "warn")
    assert re.fullmatch(r"emea: 7 more promises (at risk|overdue)", alert.annotations["summary"])
    assert alert.annotations["board_url"] == f"{BOARD}/clocks?team=emea&state={state}"
