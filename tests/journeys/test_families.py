"""Three families, one topic each: every event type belongs into exactly one of them, and elsewhere it is refused."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas import EVENTS, REASONS
from stream_app.journeys.families import CAMPAIGNS, FAMILIES, MEASURES, RELATIONSHIPS, USERS, family_of
from stream_app.journeys.family import short
from stream_app.journeys.relationship import RANK
from stream_app.journeys.shard import Shard
from stream_app.kpis.evaluation import fold
from stream_app.policies import Policies

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z


@dataclass
class Record:
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = START + 3_600_000


def example(type_):
    """The smallest event of a type that its contract allows."""
    return json.loads((EXAMPLES / f"{type_}.json").read_text())["minimal"]


def entries(written):
    """What a shard reads again of what was written."""
    return {key: value for key, value in written if value is not None}


def record(type_):
    event = example(type_)
    return Record(0, event.get("subject", "ada").encode(), json.dumps(event).encode())


def test_each_event_type_belongs_to_one_family_and_has_its_place_in_time():
    for name in EVENTS:
        assert [family for family in FAMILIES if name in family.types] == [family_of(name)]
        assert short(name) in RANK


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("crm.lead.created.v1", RELATIONSHIPS),
        ("crm.list.subscribed.v1", RELATIONSHIPS),
        ("crm.user.created.v1", USERS),
        ("crm.activity.due.v1", USERS),
        ("crm.feature.used.v1", USERS),
        ("crm.record.created.v1", USERS),
        ("crm.campaign.launched.v1", CAMPAIGNS),
        ("crm.cost.recorded.v1", CAMPAIGNS),
        ("crm.goal.set.v1", CAMPAIGNS),
    ],
)
def test_a_type_belongs_to_the_family_that_its_key_names(name, family):
    assert family_of(name) is family


def test_the_measures_of_all_families_are_known_to_readers():
    assert set(MEASURES) == {name for family in FAMILIES for name in family.measures}


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_shard_takes_the_events_of_its_own_family_alone(family, name):
    shard = Shard(0, Policies(), {}, {}, family)

    changes = shard.apply([record(name)])

    if name in family.types:
        assert (changes.applied, changes.dead) == (1, [])
    else:
        (letter,) = changes.dead
        assert (changes.applied, letter.reason, letter.field) == (0, "wrong_topic", "type")
        assert letter.reason in REASONS
        assert family_of(name).name in letter.message
        assert changes.journeys == []


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_journey_of_any_family_opens_again(family):
    """A state that was packed by one shard is read by the next, and knows what was delivered."""
    name = min(family.types)
    first = Shard(0, Policies(), {}, {}, family).apply([record(name)])

    again = Shard(0, Policies(), entries(first.cells), entries(first.journeys), family)
    repeated = record(name)
    repeated.offset = 1

    assert again.apply([repeated]).duplicates == 1


def test_one_file_may_hold_the_events_of_all_families():
    lines = [json.dumps(example(name)).encode() for name in EVENTS]

    result = fold([*lines, b"{"], Policies())

    assert result.accounting.applied + result.accounting.duplicates == len(EVENTS)
    assert [letter.reason for letter in result.dead] == ["bad_json"]
