"""What a shard does where a relationship is larger, older or stranger than most."""

from dataclasses import dataclass, field

import pytest

from schemas import encode
from stream_app.journeys.families import MEASURES
from stream_app.journeys.shard import Shard
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies, parse

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
HOUR = 3_600_000
DAY = 24 * HOUR
TOPIC_TAKES = 8 * 1024 * 1024
"""Largest record of a state topic, bytes; one more byte ends the worker, and the next, at the same record."""


@dataclass
class Record:
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    timestamp: int = START + 400 * DAY


def events(count, apart, name="interaction.logged", data=None, key="ada"):
    data = data or {"direction": "in", "medium": "email"}
    return [
        encode(f"crm.{name}.v1", data, id=f"e{n}", source="/crm", time=START + n * apart, subject=key)
        for n in range(count)
    ]


def applied(shard, values, key=b"ada", start=0):
    changes = shard.apply([Record(start + n, key, value) for n, value in enumerate(values)])
    shard.durable(start + len(values) - 1)
    return changes


@pytest.mark.parametrize("count", [200, 1_000])
def test_a_second_import_of_a_long_life_changes_nothing(count):
    shard = Shard(0, Policies(), {}, {})
    values = events(count, 6 * HOUR)
    assert applied(shard, values).applied == count
    assert applied(shard, values, start=count).duplicates == count


def test_a_journey_never_outgrows_its_topic():
    """
    Forty large orders within the lateness horizon, each of them a good event below 1 MiB.
    """
    lines = [{"sku": "s" * 128, "quantity": 1, "price": 1, "product_tier": "t" * 200}] * 900
    shard = Shard(0, Policies(), {}, {})
    values = [
        encode(
            "crm.order.placed.v1",
            {"order_id": f"o{n}", "currency": "EUR", "lines": lines},
            id=f"e{n}", source="/crm", time=START + n * 1_000, subject="ada",
        )
        for n in range(40)
    ]  # fmt: skip
    changes = applied(shard, values)
    assert changes.applied == 40
    assert max(len(key) + len(value) for key, value in changes.journeys) < TOPIC_TAKES / 2


def test_a_key_that_is_too_long_is_a_dead_letter():
    """
    An id has 128 characters at most; a key of megabytes makes clocks that no topic takes.
    """
    value = encode("crm.lead.created.v1", {"channel": "web"}, id="e", source="/crm", time=START, subject=None)
    assert applied(Shard(0, Policies(), {}, {}), [value], key=b"k" * 4_000_000).dead


def test_recovered_entries_are_not_kept_beside_the_cells():
    changes = applied(Shard(0, Policies(), {}, {}), events(3, HOUR))
    cells, journeys = dict(changes.cells), dict(changes.journeys)
    Shard(0, Policies(), cells, journeys)
    assert not cells


def test_another_policy_after_a_restart_leaves_no_stock_below_zero():
    """
    Three attempts, then a worker with an edited policies file, then an answer.
    """
    directions = ("out", "out", "out", "in")
    values = [
        encode(
            "crm.interaction.logged.v1",
            {"direction": direction, "medium": "call"},
            id=f"e{n}", source="/crm", time=START + n * 60_000, subject="ada",
        )
        for n, direction in enumerate(directions)
    ]  # fmt: skip
    first = applied(Shard(0, parse("unresponsive_after = 4"), {}, {}), values[:3])
    store, journeys = dict(first.cells), dict(first.journeys)
    second = applied(Shard(0, parse("unresponsive_after = 2"), dict(store), journeys), values[3:], start=3)
    view = ReadModel([Window.parse("24h")], MEASURES)
    for key, value in [*store.items(), *second.cells]:
        view.update(0, key, value)
    assert view.stock("unresponsive") == {}
