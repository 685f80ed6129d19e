"""What was once published stays readable: every sample of every version of the contract, in `published.jsonl`."""

import json

import pytest

from schemas import EVENTS, decode
from schemas.published import line, published, published_file
from schemas.sample_events import sample_events

LINES = published()


@pytest.mark.parametrize("name", EVENTS)
def test_every_version_of_a_type_is_readable_and_loses_nothing(name: str):
    """Each field that a published sample has is still in the contract, and its value arrives."""
    samples = [sample for sample in map(json.loads, LINES) if sample["type"] == name]
    assert samples
    for sample in samples:
        event = decode(json.dumps(sample).encode())
        assert (event.type, event.id, event.subject) == (name, sample["id"], sample["subject"])
        for field, value in sample.get("data", {}).items():
            assert field in EVENTS[name].model_fields, f"{field} was published and is gone"
            arrived = getattr(event.data, field)
            assert arrived == value or not isinstance(value, int | str) or "T" in str(value), field


def test_types_are_never_taken_away():
    assert {json.loads(text)["type"] for text in LINES} <= set(EVENTS)


def test_the_samples_of_today_are_published():
    """Run `make gen` when it fails; it adds them and removes nothing."""
    today = {line(sample) for model in EVENTS.values() for sample in sample_events(model).values()}
    assert today <= set(LINES)


def test_nothing_that_was_published_is_taken_away():
    (text,) = published_file().values()
    assert text.splitlines()[: len(LINES)] == list(LINES)


@pytest.mark.parametrize("name", EVENTS)
def test_the_reader_forgives_what_a_newer_writer_adds(name: str):
    """The published schemas are closed, and yet an unknown field, of the envelope or of the data, is only ignored."""
    for sample in sample_events(EVENTS[name]).values():
        newer = sample | {"data": sample["data"] | {"of_a_later_version": {"more": [1]}}, "lateraddition": "x"}
        assert decode(json.dumps(newer).encode()).data == decode(json.dumps(sample).encode()).data
