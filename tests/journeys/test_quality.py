"""What each source sends is counted once, whatever the cut into batches and wherever a crash comes."""

import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import encode
from stream_app.journeys import quality
from stream_app.journeys.families import MEASURES
from stream_app.journeys.quality import origin
from stream_app.journeys.shard import Shard
from stream_app.kpis.evaluation import fold
from stream_app.measures.count import Count
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies, parse

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
HOUR = 3_600_000
NOW = START + 2 * HOUR
WINDOW = Window.parse("24h")
SOURCES = ("/crm/a", "/crm/b")


@dataclass(frozen=True)
class Record:
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = NOW


def lead(number, source="/crm/a", minutes=0, key="ada", **data):
    at = START + minutes * 60_000
    value = encode(
        "crm.lead.created.v1", {"channel": "web", **data}, id=f"e{number}", source=source, time=at, subject=key
    )
    return Record(0, key.encode(), value)


def counts(cells):
    """How much each source has of each measure, all of it within a day."""
    view = ReadModel([WINDOW], MEASURES)
    for key, value in cells.items():
        view.update(0, key, value)
    view.advance(NOW)
    found: dict[tuple[str, str], int] = {}
    for measure in quality.MEASURES:
        for source in view.values(measure, "source"):
            held = view.get(measure, WINDOW, (), "source", source)
            assert held is None or isinstance(held, Count)
            if held is not None and held.n:
                found[measure.name, source] = held.n
    return found


def folded(records, size=1_000, policies=None):
    shard = Shard(0, policies or Policies(), {}, {})
    cells: dict[bytes, bytes | None] = {}
    numbered = [replace(record, offset=offset) for offset, record in enumerate(records)]
    for start in range(0, len(numbered), size):
        cells.update(shard.apply(numbered[start : start + size]).cells)
    return counts({key: value for key, value in cells.items() if value is not None})


def test_each_fate_is_counted_for_its_source():
    broken = Record(0, b"bob", lead(9, "/crm/b").value.replace(b'"channel":"web"', b'"channel":7'))
    records = [lead(1), lead(1), lead(2, "/crm/b", team="emea"), broken, Record(0, b"bob", b"{")]

    assert folded(records) == {
        ("events_applied", "/crm/a"): 1,
        ("events_duplicate", "/crm/a"): 1,
        ("events_applied", "/crm/b"): 1,
        ("events_refused", "/crm/b"): 1,
        ("events_refused", quality.UNKNOWN): 1,
        ("fields_asked", "/crm/a"): 5,
        ("fields_asked", "/crm/b"): 5,
        ("fields_filled", "/crm/b"): 1,
    }


def test_an_event_that_comes_too_late_is_counted_for_its_source():
    late = parse("lateness = '1h'")

    found = folded([lead(1, minutes=100), lead(2, "/crm/b", minutes=10)], policies=late)

    assert found["events_late", "/crm/b"] == 1
    assert ("events_late", "/crm/a") not in found


def test_what_nobody_looks_at_is_not_counted():
    assert folded([lead(1), lead(1), Record(0, b"bob", b"{")], policies=parse('catalogue.areas = ["response"]')) == {}


def test_an_event_of_another_topic_is_refused_for_its_source():
    value = encode("crm.user.logged_in.v1", {}, id="1", source="/crm/b", time=START, subject="ada")

    assert folded([Record(0, b"ada", value)]) == {("events_refused", "/crm/b"): 1}


VALUE = lead(1).value


@pytest.mark.parametrize(
    ("value", "headers", "expected"),
    [
        pytest.param(VALUE, [], ("/crm/a", START), id="all is there"),
        pytest.param(VALUE.replace(b'"time"', b'"when"'), [], ("/crm/a", NOW), id="no time"),
        pytest.param(VALUE.replace(b"2026-", b"2027-"), [], ("/crm/a", NOW), id="ahead of its record"),
        pytest.param(VALUE.replace(b"2026-", b"1926-"), [], ("/crm/a", NOW), id="before all time"),
        pytest.param(VALUE.replace(b"2026-", b"0001-"), [], ("/crm/a", NOW), id="at the beginning of time"),
        pytest.param(VALUE.replace(b"10:00:00.000Z", b"10:00:00"), [], ("/crm/a", NOW), id="a time without zone"),
        pytest.param(VALUE.replace(b'"/crm/a"', b"17"), [], (quality.UNKNOWN, START), id="a number for a source"),
        pytest.param(VALUE.replace(b'"/crm/a"', b'""'), [], (quality.UNKNOWN, START), id="an empty source"),
        pytest.param(VALUE.replace(b"/crm/a", b"x" * 201), [], (quality.UNKNOWN, START), id="an endless source"),
        pytest.param(VALUE.replace(b"/crm/a", rb"a\u0000b"), [], (quality.UNKNOWN, START), id="a source nobody reads"),
        pytest.param(VALUE[:60], [], (quality.UNKNOWN, NOW), id="cut off"),
        pytest.param(b"\xff", [], (quality.UNKNOWN, NOW), id="no text"),
        pytest.param(b"[" * 2_000, [], (quality.UNKNOWN, NOW), id="too deep"),
        pytest.param(b"17", [], (quality.UNKNOWN, NOW), id="a number"),
        pytest.param(None, [], (quality.UNKNOWN, NOW), id="tombstone"),
        pytest.param(
            b"{}",
            [("ce_source", b"/crm/c"), ("ce_time", b"2026-03-02T10:00:00Z")],
            ("/crm/c", START),
            id="binary mode",
        ),
        pytest.param(
            b"{}", [("ce_source", b"\xff"), ("ce_time", b"\xff")], (quality.UNKNOWN, NOW), id="binary mode, no text"
        ),
    ],
)
def test_where_a_refused_record_comes_from(value, headers, expected):
    assert origin(Record(0, b"ada", value, tuple(headers))) == expected


_RECORDS = st.lists(
    st.one_of(
        st.builds(
            lead,
            st.integers(0, 60),
            st.sampled_from(SOURCES),
            st.sampled_from([0, 0, 30]),
            st.sampled_from(["ada", "bob"]),
            team=st.sampled_from(["emea", "apac"]),
        ),
        st.sampled_from([Record(0, b"ada", b"{"), Record(0, b"bob", VALUE), Record(0, b"ada", None)]),
    ),
    min_size=6,
    max_size=25,
)


@given(_RECORDS, st.integers(1, 6))
def test_the_cut_into_batches_changes_nothing(records, size):
    assert folded(records, size) == folded(records)


@settings(deadline=None, max_examples=60)
@given(_RECORDS, st.integers(0, 2**32))
def test_a_crash_anywhere_changes_nothing(records, seed):
    """
    Any prefix of what a batch writes may survive; whoever takes over reads again from the last commit, or from before.
    """
    chance = random.Random(seed)
    numbered = [replace(record, offset=offset) for offset, record in enumerate(records)]
    cells: dict[bytes, bytes] = {}
    journeys: dict[bytes, bytes] = {}
    place, crashes = 0, 0
    shard = Shard(0, Policies(), {}, {})
    while place < len(numbered):
        batch = numbered[place : place + chance.randint(1, 6)]
        changes = shard.apply(batch)
        crash = crashes < 12 and chance.random() < 0.6
        crashes += crash
        written = chance.randint(0, len(changes.cells)) if crash else len(changes.cells)
        whole = written == len(changes.cells)
        store(cells, changes.cells[:written])
        store(
            journeys, changes.journeys[: chance.randint(0, len(changes.journeys)) if crash else None] if whole else []
        )
        if crash:
            shard = Shard(0, Policies(), dict(cells), dict(journeys))
        else:
            shard.durable(batch[-1].offset)
            place += len(batch)

    assert counts(cells) == folded(records)


def store(kept, entries):
    for key, value in entries:
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value


def test_a_file_with_lines_that_are_no_events_is_valid_in_part():
    result = fold([lead(1).value, b"{", lead(2).value, b'{"source": "/crm/b"}'], Policies(), NOW)

    def count(*place):
        held = result.view.get(*place)
        assert isinstance(held, Count)
        return held.n

    def refused(source):
        return count(quality.REFUSED, WINDOW, (), "source", source)

    assert (refused(quality.UNKNOWN), refused("/crm/b")) == (1, 1)
    assert count(quality.APPLIED, WINDOW) == 2


def test_fields_are_asked_of_what_begins_something_alone():
    assert {name.split(".")[1] for name in quality.FIELDS} == {
        "lead", "customer", "deal", "order", "subscription", "case", "call", "callback", "user", "campaign", "cost",
    }  # fmt: skip
    assert all(count > 0 for count, _ in quality.FIELDS.values())
    assert quality.FIELDS["crm.user.created.v1"][0] == 2
