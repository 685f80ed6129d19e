"""What the policies answer: the defaults, the example file, and the rules of a file."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from stream_app.calendars import ALWAYS
from stream_app.policies import NEWSLETTER, SALES, Match, Policies, Rule, Step, Target, load, parse
from stream_app.policies import policies as policies_module
from stream_app.policies.durations import parse_ms, write_ms

EXAMPLE = Path(__file__).parents[2] / "examples" / "policies.toml"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def settings(policies):
    """Everything that can be compared."""
    return {name: getattr(policies, name) for name in Policies.__dataclass_fields__ if not name.startswith("_")}


@pytest.mark.parametrize("policies", [load(), load(None), parse("")], ids=["no-file", "none", "empty-file"])
def test_no_file_gives_the_defaults(policies):
    """Without a file, and with an empty one, the defaults hold."""
    assert settings(policies) == settings(Policies())
    assert policies.calendar("any") is ALWAYS
    assert policies.calendar(None) is ALWAYS
    assert policies.funnels == (SALES, NEWSLETTER)
    assert (policies.risk_share, policies.lateness_ms, policies.reply_horizon_ms) == (0.8, 24 * HOUR, 14 * DAY)
    assert (policies.unresponsive_after, policies.future_skew_ms, policies.label_cap) == (4, 5 * MINUTE, 200)
    assert policies.freshness == {"7d": 7 * DAY, "30d": 30 * DAY}
    assert policies.ages == {"active": 30 * DAY, "cooling": 60 * DAY, "dormant": 90 * DAY}
    assert policies.windows == ("15m", "1h", "24h", "7d", "30d", "90d")


@pytest.mark.parametrize(
    ("kind", "priority", "hours"),
    [
        ("first", "urgent", 1), ("first", "high", 2), ("first", "normal", 4), ("first", None, 4),
        ("next", "urgent", 1), ("next", "low", 4),
        ("resolution", "urgent", 24), ("resolution", "normal", 72),
    ],
)  # fmt: skip
def test_default_case_promises(kind, priority, hours):
    """A case is promised more the more urgent it is."""
    target = Policies().case(kind, team="any", channel="mail", priority=priority)
    assert target is not None
    assert (target.seconds, target.calendar) == (hours * 3600, "team")


def test_default_lead_promise():
    """A lead is answered within 15 minutes, whoever and wherever it is."""
    assert Policies().response(team=None, channel=None) == Target("lead response 15m", 900, "team")


RULES = """
[teams.us]
[teams.emea]
[teams.partners]
policy = "none"

[[response]]
team = "us"
channel = ["web", "chat"]
within = "5m"
time = "always"

[[response]]
channel = "event"
within = "none"

[[response]]
within = "20m"
name = "speed to lead"

[[case.first]]
priority = ["high", "urgent"]
within = "90s"
"""


@pytest.mark.parametrize(
    ("team", "channel", "name", "seconds"),
    [
        pytest.param("us", "chat", "lead response us web chat 5m", 300, id="narrow-rule"),
        pytest.param("us", "phone", "speed to lead", 1200, id="rest-of-the-team"),
        pytest.param("emea", "web", "speed to lead", 1200, id="another-team"),
        pytest.param("new", "web", "speed to lead", 1200, id="a-team-that-is-not-listed"),
        pytest.param(None, None, "speed to lead", 1200, id="nothing-known"),
        pytest.param("us", "event", None, None, id="nothing-promised-on-this-channel"),
        pytest.param("partners", "web", None, None, id="a-team-without-promises"),
    ],
)
def test_the_first_rule_that_matches_holds(team, channel, name, seconds):
    """Rules are read from the top, and asked twice they say the same."""
    policies = parse(RULES)
    for _ in range(2):
        target = policies.response(team=team, channel=channel)
        assert (target.name, target.seconds) == (name, seconds) if name and target else target is None


def test_a_list_in_the_file_replaces_the_default_list():
    """Who writes a rule for urgent cases alone promises nothing for the others; what is not written stays."""
    policies = parse(RULES)

    urgent = policies.case("first", team=None, channel=None, priority="urgent")
    assert urgent == Target("first response high urgent 90s", 90, "team")
    assert policies.case("first", team=None, channel=None, priority="low") is None
    assert policies.case("next", team=None, channel=None, priority="low") == Target("next response 4h", 14_400)
    assert policies.case("next", team="partners", channel=None, priority="low") is None


def test_each_target_runs_by_its_calendar():
    """Team time is the team's calendar, always is every second; a team without one has the default."""
    policies = parse(
        """
        default_calendar = "office"
        [calendars.office]
        zone = "UTC"
        hours = "Mon-Fri 09:00-17:00"
        [calendars.late]
        zone = "UTC"
        hours = "Mon-Fri 14:00-22:00"
        [teams.support]
        calendar = "late"
        [teams.sales]
        """
    )
    office, late = policies.calendars["office"], policies.calendars["late"]

    assert policies.calendar("support") is late
    assert policies.calendar("sales") is policies.calendar("unlisted") is policies.calendar(None) is office
    assert policies.clock_calendar(Target("x", 60), "support") is late
    assert policies.clock_calendar(Target("x", 60, "always"), "support") is ALWAYS
    assert policies.clock_calendar(None, "support") is late


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        pytest.param("2026-04-01", datetime(2026, 3, 31, 22, tzinfo=UTC), id="date-is-midnight-in-berlin"),
        pytest.param("2026-04-01T08:00:00", datetime(2026, 4, 1, 6, tzinfo=UTC), id="local-time-in-berlin"),
        pytest.param(
            "2026-04-01T08:00:00-03:00", datetime(2026, 4, 1, 8, tzinfo=timezone(timedelta(hours=-3))), id="with-offset"
        ),
    ],
)
def test_since_when_a_calendar_is_in_force(since, expected):
    """A date or time without an offset is one of the zone of the calendar that begins."""
    team = parse(
        f"""
        [calendars.berlin]
        zone = "Europe/Berlin"
        hours = "Mon-Sun 20:00-24:00"
        [teams.x]
        calendar = ["always", {{ name = "berlin", from = {since} }}]
        """
    ).calendar("x")
    change = int(expected.timestamp() * 1000)

    assert team.is_open(change - 1)
    assert not team.is_open(change)


def test_the_memory_of_answers_is_bounded(monkeypatch):
    """Channels are whatever a CRM sends; a flood of them is answered, and forgotten."""
    monkeypatch.setattr(policies_module, "_MOST_ANSWERS", 50)
    policies = Policies()

    for number in range(1000):
        assert policies.response(team=None, channel=f"channel {number}") is not None
    assert len(policies._answers) <= 50


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (Rule(None), Rule(None, teams=("a",)), True),
        (Rule(None, teams=("a",)), Rule(None), False),
        (Rule(None, teams=("a", "b")), Rule(None, teams=("a",), channels=("web",)), True),
        (Rule(None, teams=("a",)), Rule(None, teams=("a", "b")), False),
        (Rule(None, channels=("web",)), Rule(None, teams=("a",)), False),
        (Rule(None, priorities=("high",)), Rule(None, priorities=("high",)), True),
    ],
    ids=["any-team", "one-of-any", "fewer", "more", "other-key", "same"],
)
def test_covers(wide, narrow, covers):
    """A rule covers another when it matches all that the other matches."""
    assert wide.covers(narrow) is covers


def test_a_shipped_funnel_changes_only_in_what_the_file_says():
    """A table with the name of a shipped funnel keeps the shipped steps; enabled = false takes it away."""
    policies = parse('[funnels.sales]\nwindow = "120d"\n[funnels.newsletter]\nenabled = false')

    (sales,) = policies.funnels
    assert (sales.window_ms, sales.steps, sales.order) == (120 * DAY, SALES.steps, "sequential")


@pytest.mark.parametrize(
    ("event", "data", "step"),
    [
        ("lead.created", {}, "lead"),
        ("lead.stage_changed", {"stage": "qualified"}, "qualified"),
        ("lead.stage_changed", {"stage": "contacted"}, None),
        ("lead.converted", {}, "qualified"),
        ("deal.opened", {}, "opportunity"),
        ("deal.proposal_sent", {}, "proposal"),
        ("deal.won", {}, "won"),
        ("deal.lost", {}, None),
        ("customer.created", {}, None),
    ],
)
def test_steps_of_the_sales_funnel(event, data, step):
    """Each event reaches at most one step of the sales funnel."""
    moves = SALES.moves(event)
    steps = moves.steps if moves else ()
    reached = [SALES.steps[number].name for number, match in steps if match.holds(SimpleNamespace(**data))]

    assert reached == ([step] if step else [])
    assert (moves is not None) == (event != "customer.created")


def test_funnels_of_an_event():
    """Only funnels that an event can move are asked about it."""
    policies = Policies()

    def moved(event):
        return [moves.funnel for moves in policies.moves_of(event)]

    assert moved("deal.won") == [SALES]
    assert moved("order.placed") == [NEWSLETTER]
    assert moved("email.bounced") == [NEWSLETTER]
    assert moved("case.opened") == []


def test_a_value_that_is_absent_matches_nothing_wanted():
    """A field that the event leaves out has none of the wanted values."""
    match = Match("deal.lost", {"reason": ("price", "timing")})

    assert match.holds(SimpleNamespace(reason="timing"))
    assert not match.holds(SimpleNamespace(reason=None))
    assert not match.holds(SimpleNamespace())


def test_the_example_file():
    """The file that shows every key is read, and shows every key."""
    policies = load(EXAMPLE)

    assert [funnel.name for funnel in policies.funnels] == ["sales", "newsletter", "winback"]
    assert [step.name for step in policies.funnels[2].steps] == ["churned", "called", "back"]
    assert policies.response(team="americas", channel="web") == Target("lead response americas web chat 5m", 300)
    assert policies.response(team="partners", channel="web") is None
    urgent = policies.case("first", team="support", channel="mail", priority="urgent")
    assert urgent == Target("first response urgent 30m", 1800, "always")
    assert set(policies.calendars) == {"always", "berlin", "new_york", "late_shift"}


def test_the_example_shows_every_key():
    """A key that the example does not show is a key that nobody finds."""
    from stream_app.policies import aims, tables

    text = EXAMPLE.read_text(encoding="utf-8")
    shown: list[type[tables.Table]] = [
        tables.FileTable,
        tables.CatalogueTable,
        tables.MoneyTable,
        tables.PipelineTable,
        tables.CallsTable,
        tables.AgesTable,
        tables.CaseTables,
        tables.CalendarTable,
        tables.TeamTable,
        tables.VersionTable,
        tables.CaseRuleTable,
        tables.FunnelTable,
        tables.StepTable,
        aims.GoalTable,
        aims.ThresholdTable,
        aims.SloTable,
    ]
    missing = [
        f"{table.__name__}.{field.alias or name}"
        for table in shown
        for name, field in table.model_fields.items()
        if (field.alias or name) not in text
    ]
    assert missing == []


def test_every_setting_of_the_file_holds():
    """No setting is read and then forgotten."""
    policies = parse(
        """
        risk_share = 0.5
        lateness = "2h"
        future_skew = "1m"
        reply_horizon = "3d"
        unresponsive_after = 7
        renewal_grace = "5d"
        freshness = ["1d", "14d"]
        windows = ["30m", "8d"]
        label_cap = 12
        ages = { active = "10d", cooling = "20d" }
        """
    )

    assert (policies.risk_share, policies.lateness_ms, policies.future_skew_ms) == (0.5, 2 * HOUR, MINUTE)
    assert (policies.reply_horizon_ms, policies.unresponsive_after, policies.label_cap) == (3 * DAY, 7, 12)
    assert policies.renewal_grace_ms == 5 * DAY
    assert policies.freshness == {"1d": DAY, "14d": 14 * DAY}
    assert policies.ages == {"active": 10 * DAY, "cooling": 20 * DAY, "dormant": 90 * DAY}
    assert policies.windows == ("30m", "8d")


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ('key = "relationship"', "key", "relationship"),
        ('order = "any"', "order", "any"),
        ('window = "3d"', "window_ms", 3 * DAY),
        ('steps = [{ name = "a", event = "email.sent" }, { name = "b", event = "deal.won" }]', "steps",
         (Step("a", (Match("email.sent"),)), Step("b", (Match("deal.won"),)))),
        ("exits = []", "exits", ()),
        ('exclude = [{ name = "x", event = "list.blocked" }]', "exclude", (Step("x", (Match("list.blocked"),)),)),
    ],
    ids=["key", "order", "window", "steps", "exits", "exclude"],
)  # fmt: skip
def test_each_part_of_a_shipped_funnel_can_change_alone(line, name, value):
    """What a table says changes; the rest of the shipped funnel stays."""
    _, newsletter = parse(f"[funnels.newsletter]\n{line}").funnels

    for part in ("name", "key", "order", "window_ms", "steps", "exits", "exclude"):
        assert getattr(newsletter, part) == (value if part == name else getattr(NEWSLETTER, part))


@pytest.mark.parametrize("text", ["1s", "90s", "15m", "36h", "1d", "30d"])
def test_a_duration_is_written_as_people_would(text):
    """What is read is written alike, in the largest unit that is whole."""
    assert write_ms(parse_ms(text)) == text


def test_a_duration_of_whole_days_is_written_in_days():
    """Whatever unit it came in."""
    assert write_ms(parse_ms("48h")) == "2d"
