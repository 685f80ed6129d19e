"""Short stories in which the product once differed from the independent fold; each says what is right."""

import json

import pytest

from stream_app.kpis import CATALOGUE
from stream_app.kpis.evaluation import fold
from stream_app.policies import Policies
from tests.oracle.compare import differences
from tests.oracle.fold import numbers
from tests.oracle.histories import START, text

MINUTE = 60_000
HOUR = 60 * MINUTE
CASE = {"case_id": "c1"}
BOT = {**CASE, "automated": True}
FIRST = ("case_sla_ratio", {"promise": "first"})
RESOLUTION = ("case_sla_ratio", {"promise": "resolution"})


def story(name, now, events, kpi, labels, expected, part="", window="90d"):
    return pytest.param(now, events, (kpi, part, window, tuple(sorted(labels.items()))), expected, id=name)


STORIES = [
    story(
        "converting a lead opens its deal in the same moment: both steps are taken",
        2 * HOUR,
        [(0, "lead.created", {"channel": "web"}), (HOUR, "lead.converted", {}),
         (HOUR, "deal.opened", {"deal_id": "d"})],
        "funnel_stage_entered", {"funnel": "sales", "step": "opportunity"}, 1,
    ),
    story(
        "a conversion that its source dates before the lead counts as 0 in quantiles",
        2 * HOUR,
        [(0, "lead.converted", {}), (HOUR, "lead.created", {"channel": "web"})],
        "lead_conversion_seconds", {"quantile": "0.5"}, 0,
    ),
    story(
        "a waiting lead moves to the owner that customer.created names",
        HOUR,
        [(0, "lead.created", {"channel": "web", "owner_id": "eve"}),
         (MINUTE, "customer.created", {"owner_id": "finn"})],
        "leads_waiting", {"owner_id": "finn"}, 1, window=None,
    ),
    story(
        "a move to another team keeps the time that the case stood paused",
        80 * HOUR,
        [
            (0, "case.opened", {**CASE, "team": "north"}), (HOUR, "case.paused", CASE),
            (25 * HOUR, "case.resumed", CASE),
            (26 * HOUR, "case.assigned", {**CASE, "team": "south"}),
        ],
        "cases_overdue", {"promise": "resolution"}, 0, window=None,
    ),
    story(
        "one promise is broken once, whoever has the case then",
        10 * HOUR,
        [
            (0, "case.opened", {**CASE, "team": "north"}), (5 * HOUR, "case.resolved", CASE),
            (6 * HOUR, "case.assigned", {**CASE, "team": "south"}), (7 * HOUR, "case.closed", CASE),
        ],
        *FIRST, 1, part="denominator",
    ),
    story(
        "closing a case that was resolved in time breaks no promise of a first reply",
        10 * HOUR,
        [(0, "case.opened", CASE), (HOUR, "case.resolved", CASE), (7 * HOUR, "case.closed", CASE)],
        *FIRST, None,
    ),
    *(
        story(
            f"nobody waits for a reply after a bot's answer until the customer writes: {last} breaks no promise",
            10 * HOUR,
            [(0, "case.opened", CASE), (3000, "case.replied", BOT), (7 * HOUR, last, data)],
            *FIRST, None,
        )
        for last, data in (("case.closed", CASE), ("case.resolved", CASE), ("case.replied", BOT))
    ),
    story(
        "a bot's answer to a case that was closed in time breaks no promise",
        10 * HOUR,
        [(0, "case.opened", CASE), (HOUR, "case.closed", CASE), (7 * HOUR, "case.replied", BOT)],
        *FIRST, None,
    ),
    story(
        "a case closed while it waits for the customer breaks no promise: its time stood still",
        110 * HOUR,
        [(0, "case.opened", CASE), (HOUR, "case.paused", CASE), (100 * HOUR, "case.closed", CASE)],
        *RESOLUTION, None,
    ),
    story(
        "a promise that is broken stays broken when the case is paused",
        90 * HOUR,
        [(0, "case.opened", CASE), (80 * HOUR, "case.paused", CASE)],
        *RESOLUTION, 0,
    ),
    story(
        "a case paused in the very moment when it is due is not broken",
        100 * HOUR,
        [(0, "case.opened", CASE), (72 * HOUR, "case.paused", CASE), (90 * HOUR, "case.resolved", CASE)],
        *RESOLUTION, 1,
    ),
    story(
        "after a pause the risk begins at 80 % of the target, to the millisecond",
        72 * HOUR * 8 // 10 + HOUR,
        [(0, "case.opened", CASE), (HOUR, "case.paused", CASE), (2 * HOUR, "case.resumed", CASE)],
        "cases_at_risk", {"promise": "resolution"}, 1, window=None,
    ),
    story(
        "a paused case that becomes urgent after its new time is over is overdue",
        40 * HOUR,
        [
            (0, "case.opened", CASE), (28 * HOUR, "case.paused", CASE),
            (31 * HOUR, "case.assigned", {**CASE, "owner_id": "finn", "priority": "urgent"}),
        ],
        "cases_overdue", {"promise": "resolution"}, 1, window=None,
    ),
    story(
        "what happens in the very moment of an erasure comes before it, wherever it stands in the file",
        HOUR,
        [(0, "relationship.erased", {}), (0, "case.opened", CASE)],
        "cases_opened", {}, 1,
    ),
    story(
        "what happens in the very moment of an erasure is no repetition",
        HOUR,
        [(0, "relationship.erased", {}), (0, "case.opened", CASE)],
        "duplicate_events", {}, 0,
    ),
    story(
        "who turns out to be one with somebody who was erased was not erased",
        3 * HOUR,
        [(0, "case.opened", CASE, "bob"), (HOUR, "relationship.erased", {}),
         (2 * HOUR, "relationship.merged", {"into": "ada"}, "bob")],
        "cases_open", {}, 1, window=None,
    ),
    story(
        "an erasure forgets that two were one: each is somebody of their own after it",
        4 * HOUR,
        [(0, "customer.created", {}), (HOUR, "relationship.merged", {"into": "ada"}, "bob"),
         (2 * HOUR, "relationship.erased", {}), (3 * HOUR, "customer.created", {}),
         (3 * HOUR, "customer.created", {}, "bob")],
        "customers_active", {}, 2, window=None,
    ),
    story(
        "who was merged there and back has lost nothing",
        4 * HOUR,
        [(0, "case.opened", CASE), (HOUR, "relationship.merged", {"into": "bob"}),
         (2 * HOUR, "relationship.merged", {"into": "ada"}, "bob")],
        "cases_open", {}, 1, window=None,
    ),
]  # fmt: skip


def line(number, event):
    at, name, data, *others = event
    who = others[0] if others else "ada"
    document = {
        "specversion": "1.0", "id": str(number), "source": "/oracle", "type": f"crm.{name}.v1",
        "time": text(START + at),
        "subject": who, "data": data,
    }  # fmt: skip
    return who.encode(), json.dumps(document).encode()


@pytest.mark.parametrize(("now", "events", "number", "expected"), STORIES)
def test_story(now, events, number, expected):
    """
    The product, the independent fold and common sense agree.
    """
    log = [line(place, event) for place, event in enumerate(events)]
    samples = list(fold([value for _, value in log], Policies(), START + now).samples(CATALOGUE))
    got = {(s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): s.value for s in samples}
    oracle = numbers(log, START + now)

    assert oracle.get(number) == expected
    assert got.get(number) == expected
    assert not differences(oracle, samples)
