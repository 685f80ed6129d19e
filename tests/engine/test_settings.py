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
    with pytest.raises(UserError, match="needs CRM_PULSE_SASL_USERNAME and CRM_PULSE_SASL_PASSWORD"):
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


def test_a_misspelt_variable_is_refused_with_the_name_it_may_have_meant(monkeypatch):
    monkeypatch.setenv("CRM_PULSE_BROKER", "kafka:9092")
    with pytest.raises(UserError, match=r"CRM_PULSE_BROKER: there is no such setting; did you mean CRM_PULSE_BROKERS"):
        load()


def test_variables_of_the_tests_are_no_mistakes(monkeypatch):
    monkeypatch.setenv("CRM_PULSE_TEST_ANYTHING", "1")
    load()


@pytest.mark.parametrize("brokers", ["kafka", "a:1,kafka", ":9092", "a:http", "a:0", "a:70000", " , "])
def test_brokers_need_a_port(brokers):
    with pytest.raises(UserError, match=r"write for example 127\.0\.0\.1:9092"):
        load(brokers=brokers)


def test_a_certificate_file_that_is_not_there_is_told_at_start(tmp_path):
    with pytest.raises(UserError, match=r"CRM_PULSE_SSL_CAFILE=.*none\.pem: there is no such file"):
        load(ssl_cafile=tmp_path / "none.pem")


def test_what_was_given_is_repeated_but_no_password(monkeypatch):
    monkeypatch.setenv("CRM_PULSE_PARTITIONS", "many")
    with pytest.raises(UserError, match="CRM_PULSE_PARTITIONS=many:"):
        load(sasl_password=["hunter2"])
    with pytest.raises(UserError) as refused:
        load(sasl_password=["hunter2"])
    assert "hunter2" not in refused.value.message
