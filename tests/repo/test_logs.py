"""Log lines of ours and of libraries have one form, and go to stderr."""

import json
import logging

import pytest
import structlog

from stream_app.logs import config, configure


@pytest.fixture(autouse=True)
def _as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_ours_and_theirs_are_the_same_json(capsys):
    configure("INFO", "json")

    structlog.get_logger("crm").info("batch durable", topic="crm.relationships", offset=5)
    logging.getLogger("faust").warning("partition %d revoked", 3)

    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert {"message": "batch durable", "level": "info", "logger": "crm", "offset": 5}.items() <= ours.items()
    assert {"message": "partition 3 revoked", "level": "warning", "logger": "faust"}.items() <= theirs.items()
    assert ours["at"].endswith("Z")


def test_stdout_is_left_to_the_command(capsys):
    configure("INFO", "json")
    structlog.get_logger("crm").error("something")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_values(capsys, form):
    configure("INFO", form)
    password = "hunter2"  # the value that must not be shown
    try:
        int("bad" + " " * len(password))
    except ValueError:
        structlog.get_logger("crm").exception("failed")
    shown = capsys.readouterr().err
    assert "ValueError: invalid literal" in shown
    assert password not in shown


def test_a_level_hides_what_is_below(capsys):
    configure("WARNING", "json")
    structlog.get_logger("crm").info("hidden")
    logging.getLogger("anything").info("hidden")
    assert capsys.readouterr().err == ""


def test_chatty_libraries_are_held_to_warnings_unless_debugging():
    assert config("INFO")["loggers"]["aiokafka"]["level"] == "WARNING"
    assert config("debug")["loggers"]["aiokafka"]["level"] == "DEBUG"
