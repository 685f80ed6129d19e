"""`crm-pulse policies`: what is wrong and what is said without a broker, and what is published."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_app import cli
from stream_app.document import Document
from stream_app.engine import control
from stream_app.engine.control import Published, publish
from stream_app.errors import UserError
from stream_app.policies import document, load
from stream_app.policies.fingerprint import fingerprint, inlined
from stream_app.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "policies.toml"


def run(*words):
    return CliRunner().invoke(cli.app, ["policies", *map(str, words)])


def test_the_example_is_right_and_says_what_it_says():
    said = json.loads(run("check", EXAMPLE, "--json").stdout)
    assert said["source"] == str(EXAMPLE)
    assert said["goals"][1] == {
        "kpi": "lead_response_sla_ratio", "at_least": 0.95, "window": "30d", "where": {"team": "emea"},
    }  # fmt: skip
    assert said["teams"] == ["americas", "emea", "partners", "support"]
    assert "speed to lead" in said["promises"]
    assert said["label_caps"] == {"every label": 200, "owner_id": 500, "campaign": 1000}


def test_a_table_for_people():
    assert "speed to lead" in " ".join(run("check", EXAMPLE).stdout.split())


def test_what_is_wrong_is_told_and_nothing_else(tmp_path):
    file = tmp_path / "shop.toml"
    file.write_text('risk_share = 7\n[[goals]]\nkpi = "nothing"\nat_least = 1\n')
    done = run("check", file)
    assert isinstance(done.exception, UserError)
    assert done.exception.message.splitlines()[1:] == [
        f"  {file}:1: risk_share: 7 is not accepted; write a number less than 1",
        done.exception.message.splitlines()[2],
    ]
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["apply"], ["apply", str(EXAMPLE), "--withdraw"]], ids=["nothing", "both"])
def test_apply_wants_a_file_or_to_withdraw(words):
    assert "Name either a file or --withdraw" in run(*words).exception.message


def test_what_is_published_needs_no_other_file():
    """The rates go with the document, and it is the same policies wherever it is read."""
    whole = inlined(document(EXAMPLE))
    moved = Published(whole.text, dict(whole.files or {}), "2026-03-02T10:00:00Z").document()
    assert list(moved.files or {}) == ["rates.csv"]
    assert load(moved).money.rates == load(EXAMPLE).money.rates != {}
    assert fingerprint(moved) == fingerprint(EXAMPLE) == load(moved).rules


def test_a_file_that_was_not_published_with_it_is_missed():
    with pytest.raises(UserError, match=r"rates.csv cannot be read: it was not published with it"):
        load(Document('[money]\nrates = "rates.csv"', "published", {}))


def test_policies_that_fit_into_no_record_are_refused(monkeypatch):
    monkeypatch.setattr(control, "_write", lambda *_: pytest.fail("it was written"))
    with pytest.raises(UserError, match="at most 900000 can be published"):
        publish(Settings(), Document("", "shop.toml", {"rates.csv": "x" * 900_001}), "now")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param("risk_share   = 0.7 # a comment", True, id="spaces-and-comments"),
        pytest.param('risk_share = 0.7\n[owners]\nu-1 = "Ada"', True, id="names"),
        pytest.param('risk_share = 0.7\n[[goals]]\nkpi = "leads_waiting"\nat_most = 1', True, id="goals"),
        pytest.param("risk_share = 0.7\n[slo]\nresponse = 0.5", True, id="objectives"),
        pytest.param("risk_share = 0.7\n[thresholds.leads_waiting]\nwarn = 1\ncritical = 2", True, id="thresholds"),
        pytest.param("risk_share = 0.6", False, id="another-value"),
        pytest.param("risk_share = 0.7\nlabel_cap = 10", False, id="a-cap"),
        pytest.param('risk_share = 0.7\n[[response]]\nwithin = "5m"', False, id="a-promise"),
    ],
)
def test_the_fingerprint_is_of_what_is_folded(text, same):
    assert (fingerprint(Document(text, "a")) == fingerprint(Document("risk_share = 0.7", "b"))) is same
