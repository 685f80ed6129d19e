"""`crm-pulse import` and `crm-pulse evaluate` give other people's figures for real data."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_app.cli import app
from tests.reference.figures import check_helpdesk, check_olist, folder

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


def imported(mapping, files, target):
    run("import", EXAMPLES / mapping, *files, "--to", target)
    return target


def evaluated(events, window):
    """Run ``evaluate`` over a window that holds the whole history, and return how to find a number in it."""
    document = json.loads(run("evaluate", events, "--window", window).stdout)
    numbers = {
        (row["name"], row["part"], tuple(sorted(row["labels"].items()))): row["value"] for row in document["kpis"]
    }

    def find(kpi, part, **labels):
        return numbers.get((kpi, part, tuple(sorted(labels.items()))))

    return document, find


@pytest.mark.data
def test_olist_gives_the_published_conversion_and_days_to_close(tmp_path):
    """
    8,000 leads and 380 closed deals: conversion and time to close, in all and per origin.
    """
    files = sorted(folder("olist-marketing-funnel").glob("*.csv"))
    events = imported("olist.toml", files, tmp_path / "olist.jsonl")

    document, find = evaluated(events, "730d")

    assert document["events"]["dead"] == document["events"]["duplicates"] == 0
    check_olist(find)


@pytest.mark.data
def test_helpdesk_gives_the_published_response_resolution_and_reopening(tmp_path):
    """
    4,580 cases of four years: first response, resolution, reopening.
    """
    events = imported("helpdesk.toml", [folder("helpdesk-italian") / "helpdesk.csv"], tmp_path / "helpdesk.jsonl")

    _, find = evaluated(events, "2000d")

    check_helpdesk(find)


@pytest.mark.data
def test_a_second_import_changes_nothing(tmp_path):
    """
    The same rows give the same event ids, so importing twice only counts duplicates.
    """
    files = sorted(folder("olist-marketing-funnel").glob("*.csv"))
    once = imported("olist.toml", files, tmp_path / "once.jsonl").read_bytes()
    again = imported("olist.toml", files, tmp_path / "again.jsonl").read_bytes()
    (tmp_path / "twice.jsonl").write_bytes(once + again)

    document, find = evaluated(tmp_path / "twice.jsonl", "730d")

    assert document["events"]["duplicates"] == len(once.splitlines())
    check_olist(find)
