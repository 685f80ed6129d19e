"""What is remembered of calls and callbacks: bounded, brought together by a merge, and adding up whatever comes."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import EVENTS
from stream_app.journeys import call, call_state, callback, case, service_revenue
from stream_app.journeys.part import Emission, Labels, Running
from stream_app.journeys.state import Case, Promise, Relationship
from stream_app.policies import Policies
from tests.journeys.kept import kept

MINUTE = 60_000
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
POLICIES = Policies()


@dataclass
class Happening:
    at: int
    data: Any
    imported: bool = False
    source: str | None = None


def told(rel, *events):
    """Fold (minute, type, fields) into *rel* with the parts of this file; return what they said."""
    out: list[Emission] = []
    for minute, name, fields in events:
        fact = Happening(START + round(minute * MINUTE), EVENTS[f"crm.{name}.v1"].model_validate(fields))
        for part in (call.PART, callback.PART):
            if name in part.handles:
                part.handles[name](rel, fact, POLICIES, out)
    return out


def clocks_of(rel):
    clocks: list[Running] = []
    for part in (call.PART, callback.PART):
        assert part.standing is not None
        part.standing(rel, [], clocks)
    return {clock[:2] for clock in clocks}


def queued(number, **fields):
    return "call.queued", {"call_id": f"k{number}", **fields}


def promised(number, **fields):
    return "callback.promised", {"callback_id": f"b{number}", "due_at": "2026-03-02T12:00:00Z", **fields}


def test_few_calls_that_are_over_are_remembered():
    rel = Relationship()
    for number in range(30):
        told(rel, (number, *queued(number)), (number + 0.5, "call.abandoned", {"call_id": f"k{number}"}))
    told(rel, (40, *queued(99)))

    known = kept(call_state.SLOT, rel).known
    assert list(known) == ["k27", "k28", "k29", "k99"]
    assert clocks_of(rel) == {("call_answer", "k99")}


def test_calls_that_never_end_make_room_for_later_ones():
    rel = Relationship()
    told(rel, *((number, *queued(number)) for number in range(100)))

    assert list(kept(call_state.SLOT, rel).known) == [f"k{number}" for number in range(100 - call_state.MOST, 100)]


def test_a_wrapped_call_is_forgotten_at_once():
    rel = Relationship()
    told(
        rel,
        (0, *queued(1)),
        (1, "call.answered", {"call_id": "k1"}),
        (2, "call.ended", {"call_id": "k1"}),
        (3, "call.wrapped", {"call_id": "k1"}),
    )

    assert not kept(call_state.SLOT, rel).known


def test_attempted_callbacks_make_room_before_open_ones():
    rel = Relationship()
    told(rel, (0, *promised(0)), (1, *promised(1)), (2, "callback.attempted", {"callback_id": "b1"}))
    told(rel, *((3 + number, *promised(number)) for number in range(2, callback.MOST + 1)))
    known = kept(callback.SLOT, rel).known
    assert len(known) == callback.MOST
    assert "b1" not in known
    assert "b0" in known

    told(rel, (60, *promised(99)))
    assert len(known) == callback.MOST
    assert "b0" not in known


def test_a_merge_brings_calls_callbacks_cases_and_sales_together():
    rel, gone = Relationship(), Relationship()
    told(rel, (5, *queued(1)), (6, *promised(1)))
    told(gone, (0, *queued(2, deal_id="d2")), (9, *queued(3)), (9, *promised(2)))
    service_revenue.SLOT.put(gone, service_revenue.Sales({"d2": "emea"}, {"order|o2": None}))
    rel.cases["c1"] = Case(START, "question", "normal")
    gone.cases["c1"] = Case(START, "complaint", "normal", first=Promise(START))
    gone.cases["c2"] = Case(START, "complaint", "normal")

    for part in (call.PART, callback.PART, case.PART, service_revenue.PART):
        assert part.absorb is not None
        part.absorb(rel, gone)

    assert clocks_of(rel) == {("call_answer", f"k{n}") for n in (1, 2, 3)} | {("callback", "b1"), ("callback", "b2")}
    assert kept(call_state.SLOT, rel).last_contact == START + 9 * MINUTE
    assert {name: one.category for name, one in rel.cases.items()} == {"c1": "question", "c2": "complaint"}
    assert service_revenue.SLOT.of(rel) == service_revenue.Sales({"d2": "emea"}, {"order|o2": None})


@pytest.mark.parametrize("part", [call.PART, callback.PART, service_revenue.PART], ids=lambda part: part.name)
def test_a_merge_with_somebody_who_never_called_changes_nothing(part):
    rel = Relationship()
    part.absorb(rel, Relationship())

    assert rel == Relationship()


STEPS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["call.queued", "call.answered", "call.abandoned", "call.ended", "call.wrapped"]),
        st.sampled_from(["k1", "k2", "k3"]),
        st.booleans(),
    ),
    max_size=40,
)


@given(STEPS)
def test_every_call_has_one_outcome_or_waits(steps):
    """
    Whatever is told: as many calls arrived as have an outcome or wait, and only what was said is taken back.
    """
    rel = Relationship()
    out: list[Emission] = []
    for minute, name, call_id, promise in sorted(steps, key=lambda step: step[0]):
        out += told(rel, (minute, name, {"call_id": call_id}))
        if promise:
            out += told(rel, (minute, *promised(f"{call_id}-{minute}", call_id=call_id)))

    said: Counter[tuple[str, int, int | str, tuple[str, ...], Labels]] = Counter()
    for measure, at, value, dims, labels, weight in out:
        said[measure.name, at, value, dims, labels] += weight
    assert all(count >= 0 for count in said.values())
    total: Counter[tuple[str, ...]] = Counter()
    for (name, _, _, dims, _), count in said.items():
        total[name, *dims] += count
    waiting = sum(clock[0] == "call_answer" for clock in clocks_of(rel))
    outcomes = {name: total["call_outcomes", name] for name in ("answered", "abandoned", "short_abandon", "callback")}
    assert total["service_calls",] == sum(outcomes.values()) + waiting
    assert total["call_answer",] == outcomes["answered"] >= total["calls_answered_in_time", "20s"]
    assert total["calls_handled",] == total["call_handle",] <= outcomes["answered"]
    assert total["service_calls_ignored", "callback"] == outcomes["callback"]
    assert total["call_contacts",] == total["service_calls",] >= total["call_contacts_repeated", "7d"]


def test_the_state_reads_again_as_it_was_written():
    rel = Relationship()
    told(rel, (0, *queued(1, queue="support")), (1, "call.answered", {"call_id": "k1", "agent_id": "eve"}))
    told(rel, (2, *promised(1)))
    before = (call_state.SLOT.of(rel), callback.SLOT.of(rel))

    again = msgspec.msgpack.decode(msgspec.msgpack.encode(rel), type=Relationship)

    assert (call_state.SLOT.of(again), callback.SLOT.of(again)) == before
