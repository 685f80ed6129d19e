"""Goals, thresholds, objectives, owners and caps of a policies file, held against the catalogue."""

import pytest

from stream_app.kpis.aims import parse
from stream_app.policies import Policies, PoliciesError
from stream_app.policies.goals import Goal, Objectives, Threshold

GOAL = '[[goals]]\nkpi = "lead_response_sla_ratio"\n'


def test_without_a_file_there_is_nothing_to_aim_at_but_the_default_objectives():
    aims = Policies().aims
    assert (aims.goals, dict(aims.thresholds), aims.objectives) == ((), {}, Objectives(0.9, 0.9))


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        pytest.param(GOAL + "at_least = 0.9", Goal("lead_response_sla_ratio", 0.9), id="at-least"),
        pytest.param(GOAL + "at_most = 1", Goal("lead_response_sla_ratio", None, 1.0), id="at-most-whole-number"),
        pytest.param(GOAL + "between = [0.8, 0.9]", Goal("lead_response_sla_ratio", 0.8, 0.9), id="between"),
        pytest.param(
            GOAL + 'at_least = 0.9\nwindow = "month"\nwhere = { team = "emea" }',
            Goal("lead_response_sla_ratio", 0.9, None, "month", (("team", "emea"),)),
            id="month-of-a-team",
        ),
        pytest.param(
            '[[goals]]\nkpi = "lead_response_seconds"\nat_most = "15m"\nwhere = { time = "business" }',
            Goal("lead_response_seconds", None, 900.0, None, (("time", "business"),)),
            id="duration-and-fixed-labels",
        ),
    ],
)
def test_a_goal(text, goal):
    assert parse(text).aims.goals == (goal,)


def test_thresholds_objectives_owners_and_caps():
    policies = parse(
        """
        label_caps = { owner_id = 500 }
        [owners]
        u-17 = "Ada"
        [thresholds.leads_overdue]
        warn = 3
        critical = 10
        [thresholds.lead_response_seconds]
        warn = "10m"
        critical = "1h"
        window = "24h"
        [slo]
        response = 0.95
        fast = ["10m", "2h"]
        """
    )
    assert policies.label_caps == {"owner_id": 500}
    assert policies.owners == {"u-17": "Ada"}
    assert policies.aims.thresholds == {
        "leads_overdue": Threshold(3, 10),
        "lead_response_seconds": Threshold(600, 3600, "24h"),
    }
    assert policies.aims.objectives == Objectives(0.95, 0.9, ("10m", "2h"), ("30m", "6h"))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param(
            GOAL, 1, "goals#1: a goal for 'lead_response_sla_ratio' needs one bound, and has none", id="no-bound"
        ),
        pytest.param(GOAL + "at_least = 1\nat_most = 2", 1, "and has at_least and at_most", id="two-forms"),
        pytest.param(
            GOAL + "between = [2, 1]", 1, "no value lies between [2.0, 1.0]; write the smaller", id="empty-range"
        ),
        pytest.param(GOAL + "between = [2]", 3, "goals#1.between: [2] is not accepted", id="half-a-range"),
        pytest.param(
            GOAL + "at_least = 90", 1, "is a ratio, of which 1 is the whole; write 0.9 for 90 %", id="per-cent"
        ),
        pytest.param(GOAL + 'at_least = 0.9\nwindow = "6h"', 4, "goals#1.window: there is no window '6h'", id="window"),
        pytest.param(
            'windows = ["24h"]\n' + GOAL + 'at_least = 0.9\nwindow = "month"',
            5,
            'days are not kept for a whole month; add a window of "31d"',
            id="month-too-long",
        ),
        pytest.param(
            'windows = ["24h", "30d"]\n' + GOAL + 'at_least = 0.9\nwindow = "week"',
            5,
            'hours are not kept for a whole week; add a window of "7d" to windows',
            id="week-too-long",
        ),
        pytest.param(GOAL + 'at_least = 0.9\nwhere = { taem = "x" }', 4, "goals#1.where.taem: ", id="label"),
        pytest.param(
            GOAL + 'at_least = 0.9\nwhere = { team = "x", channel = "y" }',
            4,
            "has one breakdown, not channel and team",
            id="two-breakdowns",
        ),
        pytest.param(
            GOAL + "at_least = 0.9\n" + GOAL + "at_least = 0.8", 4, "goals#1 is about the same numbers", id="goal-twice"
        ),
        pytest.param(
            '[[goals]]\nkpi = "lead_respnse_sla_ratio"\nat_least = 1', 2, "write lead_response_sla_ratio", id="kpi"
        ),
        pytest.param(
            '[[goals]]\nkpi = "leads_waiting"\nat_most = 1\nwindow = "1h"', 4, "is a figure of now", id="window-of-now"
        ),
        pytest.param("[thresholds.leads_waitin]\nwarn = 1\ncritical = 2", 1, "write leads_waiting", id="threshold-kpi"),
        pytest.param(
            "[thresholds.leads_waiting]\nwarn = 1\ncritical = 1",
            1,
            "warn and critical are both 1",
            id="threshold-equal",
        ),
        pytest.param(
            "[thresholds.leads_waiting]\nwarn = 2\ncritical = 1", 1, "put critical above warn", id="threshold-turned"
        ),
        pytest.param("[thresholds.leads_waiting]\nwarn = 2", 1, "critical is missing", id="threshold-half"),
        pytest.param('[slo]\nfast = ["1h", "5m"]', 1, "the windows of fast do not grow", id="slo-order"),
        pytest.param('[slo]\nfast = ["1h", "6h"]', 1, "fast is no faster than slow", id="slo-speeds"),
        pytest.param(
            "[slo]\nresponse = 1", 2, "slo.response: 1 is not accepted; write a number less than 1", id="slo-share"
        ),
        pytest.param(
            "label_caps = { owner = 5 }", 1, "no KPI is broken down by 'owner'; write owner_id", id="cap-label"
        ),
        pytest.param("label_caps = { owner_id = 0 }", 1, "0 is not accepted", id="cap-of-nothing"),
        pytest.param('[owners]\nu-17 = ""', 2, "owners.u-17: '' is not accepted", id="owner-without-a-name"),
    ],
)
def test_what_is_refused(text, line, said):
    with pytest.raises(PoliciesError) as refused:
        parse(text)
    (problem,) = refused.value.problems
    assert said in f"{problem.key}: {problem.message}; {problem.fix}"
    assert problem.line == line


def test_what_only_the_catalogue_knows_is_told_with_the_rest():
    with pytest.raises(PoliciesError) as refused:
        parse('risk_share = 4\n[[goals]]\nkpi = "nothing"\nat_least = 1\n[thresholds.leads_waiting]\nwarn = 1')
    assert [problem.line for problem in refused.value.problems] == [1, 3, 5]


def test_a_goal_in_an_area_that_is_left_out_is_told():
    with pytest.raises(PoliciesError, match="in the areas that are followed"):
        parse('[catalogue]\nareas = ["service", "goals"]\n' + GOAL + "at_least = 0.9")


def test_goals_that_nobody_would_see_are_refused():
    with pytest.raises(PoliciesError, match='the area that publishes them is left out; add "goals"'):
        parse('[catalogue]\nareas = ["response"]\n' + GOAL + "at_least = 0.9")
