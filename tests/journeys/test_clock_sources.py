"""Where somebody who waits is at home: the source of the event with which the wait began, whoever changes it later."""

import pytest

from schemas import encode
from stream_app.journeys.shard import Shard
from stream_app.measures.clock import OpenClock
from stream_app.policies import Policies
from tests.journeys.generated import START, Record

MINUTE = 60_000
LEAD = ("crm.lead.created.v1", {"channel": "web"})
ASSIGNED = ("crm.lead.assigned.v1", {"owner_id": "u-1", "team": "emea"})
OPENED = ("crm.case.opened.v1", {"case_id": "c-1", "category": "question", "priority": "normal"})


def event(number, source, what, minutes, who="ada"):
    name, data = what
    value = encode(name, data, id=f"e{number}", source=source, time=START + minutes * MINUTE, subject=who)
    return Record(number, who.encode(), value, START + 1_000 * MINUTE)


def _kept(stored):
    return {key: value for key, value in stored.items() if value is not None}


def waiting(*batches):
    """Return the source of each open clock by its name, after batches that each meet a restarted program."""
    cells: dict[bytes, bytes | None] = {}
    journeys: dict[bytes, bytes | None] = {}
    for records in batches:
        shard = Shard(0, Policies(), _kept(cells), _kept(journeys))
        changes = shard.apply(records)
        for stored, changed in ((cells, changes.cells), (journeys, changes.journeys)):
            stored.update(changed)
    found = [OpenClock.read(value) for key, value in cells.items() if value is not None and key[2:3] == b"k"]
    return {clock.clock: clock.source for clock in found if clock is not None}


CREATED = event(0, "/crm/eu", LEAD, 0)
ROUTED = event(1, "/router", ASSIGNED, 1)
CASE = event(2, "/desk", OPENED, 2)


@pytest.mark.parametrize(
    ("batches", "sources"),
    [
        pytest.param([[CREATED]], {"lead_response": "/crm/eu"}, id="where it began"),
        pytest.param([[CREATED, ROUTED]], {"lead_response": "/crm/eu"}, id="not who routed it, in the same batch"),
        pytest.param([[CREATED], [ROUTED]], {"lead_response": "/crm/eu"}, id="nor after a restart"),
        pytest.param([[ROUTED, CREATED]], {"lead_response": "/crm/eu"}, id="nor when it came first"),
        pytest.param(
            [[CREATED, ROUTED, CASE]],
            {"lead_response": "/crm/eu", "case_first_response": "/desk", "case_resolution": "/desk"},
            id="each wait has its own",
        ),
    ],
)
def test_a_wait_is_at_home_where_it_began(batches, sources):
    numbered = iter(range(100))
    again = [[Record(next(numbered), one.key, one.value, one.timestamp) for one in batch] for batch in batches]
    assert waiting(*again) == sources


def test_who_was_merged_while_waiting_is_at_home_nowhere():
    """
    The past of an absorbed id comes without the sources of its events: no link is better than a wrong one.
    """
    merged = event(1, "/crm/eu", ("crm.relationship.merged.v1", {"into": "bob"}), 1)
    shard = Shard(0, Policies(), {}, {})
    ((key, value, headers),) = shard.apply([CREATED, merged]).forwards
    sent = Record(2, key, value, START + 1_000 * MINUTE, tuple(headers))
    clocks = [OpenClock.read(value) for key, value in shard.apply([sent]).cells if value and key[2:3] == b"k"]
    assert [(clock.relationship, clock.source) for clock in clocks if clock is not None] == [("bob", None)]
