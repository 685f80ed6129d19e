"""A planted incident: one team answers nobody for a while, then everybody; the others do not notice."""

from dataclasses import replace
from itertools import takewhile

import pytest

from schemas import decode
from stream_app.errors import UserError
from stream_app.simulate import Incident, Options, generate
from stream_app.simulate.traffic import SQUEEZED

START = 1_772_409_600_000
MINUTE = 60_000
BEGINS, ENDS = START + 10 * MINUTE, START + 15 * MINUTE
OPTIONS = Options(rate=20, squeeze=SQUEEZED, rhythm="never", late=0.0, duplicates=0.0, residents=50)
PLANTED = Incident("emea", 10 * MINUTE, 5 * MINUTE)


def told(incident):
    options = replace(OPTIONS, incident=incident)
    return [
        decode(one.value) for one in takewhile(lambda one: one.due < START + 30 * MINUTE, generate(5, START, options))
    ]


@pytest.fixture(scope="module")
def events():
    return told(PLANTED)


def spoken(events, team):
    """When people of *team* said something."""
    return [
        event.at
        for event in events
        if event.type == "crm.interaction.logged.v1" and event.data.direction == "out" and event.data.team == team
    ]


def test_the_team_says_nothing_meanwhile_and_the_others_go_on(events):
    assert not [at for at in spoken(events, "emea") if BEGINS <= at < ENDS]
    assert [at for at in spoken(events, "emea") if at < BEGINS]
    for team in ("americas", "apac"):
        assert len([at for at in spoken(events, team) if BEGINS <= at < ENDS]) > 20


def test_without_an_incident_the_same_minutes_are_busy():
    assert len([at for at in spoken(told(None), "emea") if BEGINS <= at < ENDS]) > 20


def test_afterwards_every_lead_of_the_team_is_answered(events):
    asked = {
        event.subject: event.at
        for event in events
        if event.type == "crm.lead.created.v1" and event.data.team == "emea" and event.at < ENDS
    }
    answered = {
        event.subject for event in events if event.type == "crm.interaction.logged.v1" and event.data.team == "emea"
    }

    assert len([at for at in asked.values() if at > BEGINS]) > 20
    assert set(asked) - answered == set()


@pytest.mark.parametrize(
    ("text", "incident"),
    [
        pytest.param("apac", Incident("apac"), id="team"),
        pytest.param("apac:5s", Incident("apac", 5_000), id="from when"),
        pytest.param("apac:5s:2m", Incident("apac", 5_000, 120_000), id="how long"),
    ],
)
def test_it_is_planted_by_a_word(text, incident):
    assert Incident.parse(text) == incident


@pytest.mark.parametrize("text", ["emae", "emea:soon", "emea:1m:2m:3m", ""])
def test_what_it_cannot_mean_is_told(text):
    with pytest.raises(UserError, match="--incident"):
        Incident.parse(text)
