"""State that was stored is read: by this version, by the next one; a newer one is refused, loudly."""

from __future__ import annotations

import msgspec
import pytest

from schemas import BadEvent, decode
from stream_app.engine.manifest import KEY, NewerStateError, refuse_newer
from stream_app.engine.manifest import read as read_manifest
from stream_app.journeys import state
from stream_app.journeys.families import MEASURES
from stream_app.journeys.opened import Opened
from stream_app.journeys.shard import STATE_VERSION, NewerState, Shard
from stream_app.journeys.stored import Stored
from stream_app.measures import formats, keys
from stream_app.measures.formats import UnreadableStateError
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.store import CellStore
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.evolution import golden

POLICIES = Policies()
WINDOWS = [Window.parse(text) for text in POLICIES.windows]
VERSION = STATE_VERSION[0]
ENTRIES, SHAPES = golden.read()
CELLS = {**ENTRIES["cells"], **ENTRIES["kinds"]}


def store(measures=MEASURES):
    made = CellStore(measures, WINDOWS, POLICIES.lateness_ms, POLICIES.label_cap)
    made.load(ENTRIES["cells"])
    return made


def test_golden_state_has_every_sort_of_entry():
    families = {key[2:3] for key in ENTRIES["cells"]}
    assert families == {b"a", b"c", b"s", b"k", b"l"}
    assert {value[8] for value in ENTRIES["kinds"].values() if value[8] != formats.ACCOUNTING} == {
        *(formats.COUNT, formats.SUM, formats.HISTOGRAM, formats.DISTINCT, formats.STOCK),
    }
    assert {formats.LABELS, formats.ACCOUNTING} <= {value[8] for value in ENTRIES["cells"].values()}
    assert len(ENTRIES["journeys"]) >= 10


def test_this_version_writes_what_is_stored_byte_by_byte():
    """
    Fails when the stored form changes: then STATE_VERSION rises and the old golden file stays beside the new.
    """
    assert golden.samples() == ENTRIES
    assert golden.shapes() == SHAPES


def test_what_is_read_is_written_unchanged():
    assert dict(store().entries()) == ENTRIES["cells"]
    every_kind = CellStore(golden.KINDS, WINDOWS, POLICIES.lateness_ms, POLICIES.label_cap)
    every_kind.load(ENTRIES["kinds"])
    assert dict(every_kind.entries()) == ENTRIES["kinds"]
    Shard(0, POLICIES, dict(ENTRIES["cells"]), dict(ENTRIES["journeys"]))
    for key, value in ENTRIES["journeys"].items():
        stored = msgspec.msgpack.decode(value[9:], type=Stored)
        relationship = msgspec.msgpack.decode(stored.current, type=state.Relationship)
        opened = [relationship.cases, relationship.funnels, relationship.surveys]
        assert all(isinstance(held, dict) for held in opened)
        stored.current = relationship  # type: ignore[assignment]  # either encodes
        assert msgspec.msgpack.encode(stored) == value[9:], key
    found = read_manifest(ENTRIES["manifest"][KEY])
    assert found.entry() == (KEY, ENTRIES["manifest"][KEY])


def test_the_read_side_takes_every_cell():
    model = ReadModel(WINDOWS, MEASURES)
    for key, value in ENTRIES["cells"].items():
        model.update(0, key, value)
    assert model.accounting().records == golden.RECORDS


def _next(struct, **fields):
    """Return the struct of a next version: one more field at the end, with a default."""
    names = [(field.name, field.type, msgspec.field(default=None)) for field in msgspec.structs.fields(struct)]
    more = [(name, kind, msgspec.field(default=None)) for name, kind in fields.items()]
    return msgspec.defstruct(f"Next{struct.__name__}", [*names, *more], array_like=True)


@pytest.mark.parametrize("value", list(ENTRIES["journeys"].values())[:4], ids=["one", "two", "three", "four"])
def test_a_next_version_with_one_more_field_reads_the_journeys(value):
    stored = msgspec.msgpack.decode(value[9:], type=_next(Stored, checked_at=int | None))
    assert stored.checked_at is None
    assert stored.count == msgspec.msgpack.decode(value[9:], type=Stored).count
    packed = (
        bytes(stored.current) if isinstance(stored.current, msgspec.Raw) else msgspec.msgpack.encode(stored.current)
    )
    later = msgspec.msgpack.decode(packed, type=_next(state.Relationship, churned_at=int | None))
    now = msgspec.msgpack.decode(packed, type=state.Relationship)
    assert (later.channel, later.owner_id, later.churned_at) == (now.channel, now.owner_id, None)


def test_a_new_measure_begins_beside_what_is_stored_and_an_older_program_leaves_it_alone():
    new = Measure("letters", Kind.COUNT, "1", "Letters written.", by=())
    newer = store({**MEASURES, new.name: new})
    offset = golden.RECORDS
    newer.contribute(new, newer.watermark, 1, (), (), offset)
    written = dict(newer.drain())
    assert written
    assert all(keys.path(keys.split(key)[0]).measure == "letters" for key in written)
    older = CellStore(MEASURES, WINDOWS, POLICIES.lateness_ms, POLICIES.label_cap)
    older.load(ENTRIES["cells"] | {key: value for key, value in written.items() if value is not None})
    older.durable(offset)
    assert [key for key, value in older.drain() if value is None and key in written] == []
    model = ReadModel(WINDOWS, MEASURES)
    for key, value in written.items():
        model.update(0, key, value)
    assert model.sizes()["series"] == 0


def test_an_event_of_a_later_version_is_kept_for_the_program_that_knows_it():
    """
    It goes to the dead letters with its reason, from where it can be redriven after the upgrade.
    """
    event = {"specversion": "1.0", "id": "1", "source": "crm", "type": "crm.lead.created.v2", "data": {},
             "time": "2026-03-02T10:00:00Z"}  # fmt: skip
    with pytest.raises(BadEvent) as refused:
        decode(msgspec.json.encode(event), ())
    assert refused.value.reason == "unknown_type"


@pytest.mark.parametrize("version", range(1, VERSION))
def test_state_of_every_version_before_is_read(version):
    """
    Cells and journeys that an older program has stored open, and the journeys go on.
    """
    entries, _ = golden.read(version)
    shard = Shard(0, POLICIES, dict(entries["cells"]), dict(entries["journeys"]))

    assert len(shard.cells) >= len(entries["cells"])
    for key, value in entries["journeys"].items():
        journey = Opened(key.decode(), shard.machine, value)
        assert journey.stamp >= 0
        assert not journey.known_as
        assert journey.current is not None


def test_a_newer_journey_is_refused_with_the_way_out():
    key, value = next(iter(ENTRIES["journeys"].items()))
    newer = value[:8] + bytes([STATE_VERSION[0] + 1]) + value[9:]
    with pytest.raises(NewerState, match=f"state version {VERSION + 1}; this program reads {VERSION}"):
        Shard(0, POLICIES, {}, {key: newer})


@pytest.mark.parametrize("code", sorted({value[8] for value in CELLS.values()} - {formats.CLOCK}), ids=hex)
def test_a_newer_cell_of_every_kind_is_refused_with_the_way_out(code):
    key, value = next(item for item in CELLS.items() if item[1][8] == code)
    newer = value[:8] + bytes([code + 1]) + value[9:]
    with pytest.raises(UnreadableStateError, match="run the version that wrote it, or raise the state version"):
        CellStore({**MEASURES, **golden.KINDS}, WINDOWS, POLICIES.lateness_ms, POLICIES.label_cap).load({key: newer})


def test_newer_state_is_refused_by_its_manifest_before_anything_is_opened():
    found = read_manifest(ENTRIES["manifest"][KEY])
    newer = msgspec.structs.replace(found, schema=STATE_VERSION[0] + 1)
    refusal = f"holds state of version {VERSION + 1}, this program reads versions up to {VERSION}"
    with pytest.raises(NewerStateError, match=refusal) as told:
        refuse_newer(newer, STATE_VERSION[0], "cells/0")
    assert "Run the version that wrote it, or a later one" in told.value.hint
