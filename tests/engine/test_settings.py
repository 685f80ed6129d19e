"""Settings: read once, checked at start, shown without secrets."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from stream_app.commands.config import MASK, rows
from stream_app.errors import UserError
from stream_app.settings import Settings, load


def test_every_setting_says_what_it_means():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().partitions = 8  # type: ignore[misc]


def test_all_problems_are_reported_at_once(monkeypatch):
    monkeypatch.setenv("CRM_PULSE_PARTITIONS", "none")
    monkeypatch.setenv("CRM_PULSE_CLOCK", "sundial")
    with pytest.raises(UserError) as refused:
        load()
    assert "CRM_PULSE_PARTITIONS" in refused.value.message
    assert "CRM_PULSE_CLOCK" in refused.value.message


def test_a_password_is_needed_where_the_protocol_asks_for_one():
    with pytest.raises(UserError, match="needs sasl_username and sasl_password"):
        load(security_protocol="SASL_SSL", sasl_username="me")


def test_state_topics_carry_installation_and_version():
    settings = Settings(app_id="acme", state_version=3)
    assert settings.cells_topic == "acme.v3.relationships.cells"
    assert settings.journeys_topic == "acme.v3.relationships.journeys"


@pytest.mark.parametrize(("brokers", "expected"), [("a:1", ["a:1"]), ("a:1, b:2", ["a:1", "b:2"]), ("a:1,,", ["a:1"])])
def test_brokers_are_a_list(brokers, expected):
    assert Settings(brokers=brokers).bootstrap == expected


def test_config_shows_values_and_where_they_come_from_but_no_secret(monkeypatch):
    monkeypatch.setenv("CRM_PULSE_SASL_PASSWORD", "hunter2")
    monkeypatch.setenv("CRM_PULSE_APP_ID", "acme")
    shown = {row["variable"]: row for row in rows(load())}
    assert shown["CRM_PULSE_SASL_PASSWORD"]["value"] == MASK
    assert (shown["CRM_PULSE_APP_ID"]["value"], shown["CRM_PULSE_APP_ID"]["source"]) == ("acme", "environment")
    assert shown["CRM_PULSE_PARTITIONS"]["source"] == "default"
    assert "hunter2" not in repr(load())
    assert "hunter2" not in json.dumps(list(shown.values()))


def test_the_config_command_prints_json():
    import typer

    from stream_app.commands.config import config

    app = typer.Typer()
    app.command()(config)
    done = CliRunner().invoke(app, ["--json"])
    assert done.exit_code == 0
    assert {row["variable"] for row in json.loads(done.stdout)} >= {"CRM_PULSE_BROKERS", "CRM_PULSE_POLICIES"}
