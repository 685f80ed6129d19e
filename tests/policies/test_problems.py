"""What is refused in a policies file: every problem at once, each with its line, its key and its fix."""

from pathlib import Path

import pytest

from stream_app.errors import UserError
from stream_app.policies import PoliciesError, load, parse


def refused():
    """Read refused.txt: the TOML text, and of its one problem the line and what is said of it."""
    _, *blocks = (Path(__file__).parent / "refused.txt").read_text(encoding="utf-8").split("\n## ")
    for block in blocks:
        name, _, text = block.partition("\n")
        (marked,) = [(number, line) for number, line in enumerate(text.splitlines(), 1) if "#!" in line]
        yield pytest.param(text, marked[0], marked[1].partition("#! ")[2], id=name.replace(" ", "-"))


@pytest.mark.parametrize(("text", "line", "said"), list(refused()))
def test_one_problem(text, line, said):
    """A problem is named once, with its place and what to write instead."""
    with pytest.raises(PoliciesError) as refused:
        parse(text)

    (problem,) = refused.value.problems
    wanted = said.removesuffix("...")
    told = f"{problem.key}: {problem.message}; {problem.fix}"
    assert told[: len(wanted)] == wanted
    assert said.endswith("...") or told == said
    assert problem.line == line


def test_all_problems_at_once():
    """What is wrong in one table hides nothing that is wrong in another, nor does it cause problems there."""
    text = """\
risk_share = 1.5
[calendars.berlin]
zone = "Europe/Berln"
hours = ["Mon-Fri 09:00-17:00", "Sat 9-12"]
[teams.emea]
calendar = "berlin"
polcy = "none"
[[response]]
team = "emae"
within = "soon"
[[case.first]]
team = "emae"
within = "1h"
[funnels.trial]
order = "free"
steps = [{ name = "a", event = "lead.craeted" }, { name = "b", event = "deal.won" }]
"""
    with pytest.raises(PoliciesError) as refused:
        parse(text, source="shop.toml")

    assert [(problem.line, problem.key) for problem in refused.value.problems] == [
        (1, "risk_share"),
        (3, "calendars.berlin.zone"),
        (4, "calendars.berlin.hours#2"),
        (7, "teams.emea.polcy"),
        (10, "response#1.within"),
        (12, "case.first#1.team"),
        (15, "funnels.trial.order"),
        (16, "funnels.trial.steps#1.event"),
    ]
    assert "shop.toml has 8 problems:" in str(refused.value)
    assert "shop.toml:7: teams.emea.polcy: unknown key 'polcy'; write policy" in str(refused.value)


def test_a_calendar_that_never_opens():
    """A calendar that its dates close for good is refused: a wait in it would never be over."""
    every_day = [
        f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32) if (month, day) not in NO_DAYS
    ]
    with pytest.raises(PoliciesError, match="closed on every day of the year"):
        parse(f"[calendars.x]\nzone = 'UTC'\nhours = 'Mon-Sun 09:00-17:00'\nclosed = {every_day}")


NO_DAYS = {(2, 30), (2, 31), (4, 31), (6, 31), (9, 31), (11, 31)}


@pytest.mark.parametrize(
    ("hours", "within", "refused"),
    [
        pytest.param("Mon 09:00-10:00", "48h", False, id="48-hours-in-a-year-of-52"),
        pytest.param("Mon 09:00-10:00", "60h", True, id="60-hours-in-a-year-of-52"),
        pytest.param("Mon-Fri 09:00-17:00", "60d", False, id="60-days-of-office-hours"),
        pytest.param("Mon-Fri 09:00-17:00", "90d", True, id="90-days-of-office-hours"),
    ],
)
def test_a_target_that_takes_more_than_a_year(hours, within, refused):
    """A promise of more business time than the team has in a year is refused, as its due time may never come."""
    text = f"""
        [calendars.few]
        zone = "Europe/Berlin"
        hours = "{hours}"
        [teams.rare]
        calendar = ["always", {{ name = "few", from = 2027-01-01 }}]
        [[response]]
        team = "rare"
        within = "{within}"
        [[case.resolution]]
        within = "1h"
        """
    if not refused:
        assert parse(text).response(team="rare", channel=None) is not None
        return
    with pytest.raises(PoliciesError, match="takes more than a year in the calendar 'few'"):
        parse(text)


def test_a_default_that_takes_more_than_a_year():
    """A calendar that is open too rarely for the default promises asks for promises of its own."""
    with pytest.raises(PoliciesError, match=r"'resolution 3d' takes .* add your own \[\[case.resolution\]\]"):
        parse("default_calendar = 'few'\n[calendars.few]\nzone = 'UTC'\nhours = 'Mon 09:00-10:00'")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "cannot be read: No such file", id="missing"),
        pytest.param(b"\xff\xfe", "is not UTF-8 at byte 0", id="not-utf-8"),
        pytest.param(b"risk_share = 7", "policies.toml:1: risk_share: 7 is not accepted", id="wrong"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, content, message):
    """A file is refused as a user's error, which the command line prints without a traceback."""
    path = tmp_path / "policies.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError) as refused:
        load(path)
    assert message in refused.value.message
    assert str(path) in refused.value.message
    assert "examples/policies.toml" in refused.value.hint
