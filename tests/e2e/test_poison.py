"""Poison of every kind is buried with its reason, and its neighbours are unharmed."""

import json

import pytest
from typer.testing import CliRunner

from stream_app.cli import app
from tests.e2e.poison import POISON, event
from tests.e2e.system import Event
from tests.engine import log

KINDS = list(POISON)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def poisoned(request, system):
    """An installation that has read one good event, then each poison followed by a good event."""
    if request.param == "embedded":
        made = system(request.getfixturevalue("embedded_kafka").address, one_record_batches=True)
    else:
        made = system(request.getfixturevalue("kafka").address)
    records: list[Event] = [(b"first", event("first", "first"))]
    for number, kind in enumerate(KINDS):
        key, value, _ = POISON[kind]
        records += [(key, value), (b"after-%d" % number, event(f"after-{number}", f"after-{number}"))]
    worker = made.worker().start()
    made.write(records)
    made.drained(len(records), 60, [worker])
    made.board()
    return made


def command(system, *words):
    """Run a command of the product against the installation and return its JSON."""
    environment = {
        f"CRM_PULSE_{name.upper()}": str(value)
        for name, value in system.settings.model_dump(exclude_defaults=True).items()
    }
    result = CliRunner().invoke(app, [*words, "--json"], env=environment)
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def of(letter) -> dict[str, bytes]:
    """The headers of a dead letter."""
    return dict(letter.headers())


def created(gauges):
    return next(s.value for s in gauges if s.kpi == "leads_created" and s.window == "90d" and not s.labels)


def test_poison_is_buried_and_its_neighbours_count(poisoned):
    """
    Every poison is a dead letter with its reason, place and original bytes, and every good event counts once.

    A redrive after a fix counts once, however often it is sent.
    """
    good = len(KINDS) + 1
    gauges = poisoned.settled_gauges(len(KINDS) + good)
    assert created(gauges) == good
    assert poisoned.accounting()["dead"] == len(KINDS)

    letters = log.read(poisoned.settings, poisoned.settings.dead_letters_topic)
    found = sorted((of(letter)["reason"].decode(), letter.value() or b"") for letter in letters)
    assert found == sorted((reason, value or b"") for _, value, reason in POISON.values())
    for letter in letters:
        headers = of(letter)
        assert headers["source-topic"].decode() == poisoned.settings.relationships_topic
        assert {"source-partition", "source-offset", "message", "field"} <= headers.keys()

    mend = ("dead-letters", "redrive", "--reason", "missing_field", "--set", "data.channel=web")
    command(poisoned, *mend)
    command(poisoned, *mend)
    # The mended event has the id of a truncated twin of its own relationship, so it is new exactly once.
    gauges = poisoned.settled_gauges(len(KINDS) + good + 2)
    assert created(gauges) == good + 1
    assert poisoned.accounting()["duplicate"] == 1
