"""What an operator writes: who is told, and when; what cannot be meant is refused with a word on it."""

import pytest

from stream_app.document import Document
from stream_app.errors import UserError
from stream_app.policies import parse
from stream_app.policies.alerts import Alerts, Quiet
from stream_app.policies.fingerprint import fingerprint
from stream_app.settings import load


@pytest.mark.parametrize(
    ("urls", "read"),
    [
        pytest.param("", (), id="nobody"),
        pytest.param("http://a:9093", ("http://a:9093",), id="one"),
        pytest.param(" http://a:9093 , https://b/am/,http://a:9093,", ("http://a:9093", "https://b/am/"), id="several"),
    ],
)
def test_the_alertmanagers(urls, read):
    assert load(alertmanagers=urls).alertmanager_urls == read


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"alertmanagers": "alertmanager:9093"}, "write for example http://127.0.0.1:9093", id="no-scheme"),
        pytest.param({"alertmanagers": "http://a:9093,ftp://b"}, "'ftp://b' is no web address", id="another-scheme"),
        pytest.param({"alertmanagers": "http://me:hunter2@a:9093"}, "keep passwords out of addresses", id="password"),
        pytest.param({"alertmanagers": "http://a:9093?x=1"}, "an address ends with its path", id="query"),
        pytest.param({"board_url": "board.example.com"}, "is no web address", id="board"),
        pytest.param({"alertmanager_user": "me"}, "go together", id="half-an-access"),
        pytest.param(
            {"alertmanager_user": "me", "alertmanager_password": "hunter2", "alertmanager_token": "hunter2"},
            "takes the place of a password",
            id="both",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, said):
    with pytest.raises(UserError) as refused:
        load(**settings)
    assert said in refused.value.message
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("text", "alerts"),
    [
        pytest.param("", Alerts(Quiet("open", "open"), {}, 100), id="nothing-said"),
        pytest.param(
            "[alerts]\nat_risk = 'never'\nmost = 5", Alerts(Quiet("never", "open"), {}, 5), id="for-everybody"
        ),
        pytest.param(
            "[teams.emea]\n[alerts]\nat_risk = 'never'\n[alerts.teams.emea]\noverdue = 'always'",
            Alerts(Quiet("never", "open"), {"emea": Quiet("never", "always")}, 100),
            id="for-one-team",
        ),
    ],
)
def test_the_quiet_hours(text, alerts):
    assert parse(text).alerts == alerts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[alerts]\nat_risk = 'night'", "alerts.at_risk: 'night' is not accepted; write 'open'", id="when"),
        pytest.param("[alerts]\nmost = 0", "alerts.most: 0 is not accepted", id="most"),
        pytest.param("[alerts]\nquiet = 'open'", "alerts.quiet: unknown key 'quiet'", id="key"),
        pytest.param(
            "[teams.emea]\n[alerts.teams.emae]\noverdue = 'always'",
            "alerts.teams.emae: unknown team 'emae'; write emea",
            id="team",
        ),
        pytest.param("[teams.a]\n[alerts.teams.a]\nmost = 3", "alerts.teams.a.most: unknown key 'most'", id="team-key"),
    ],
)
def test_wrong_quiet_hours_are_refused_with_their_place(text, said):
    with pytest.raises(UserError) as refused:
        parse(text)
    assert said in refused.value.message


def test_alerts_change_nothing_that_is_folded():
    """So they can be published while workers are in the middle of a batch."""
    assert fingerprint(Document("[alerts]\nmost = 3", "a")) == fingerprint()
