"""Golden state: entries of every sort as this version stores them; `python -m tests.evolution.golden` writes them.

Write them anew only together with a higher STATE_VERSION (into a new file beside the old), once a version is released.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from stream_app.engine.manifest import Manifest, Seal, TopicIds
from stream_app.journeys import state
from stream_app.journeys.shard import STATE_VERSION, Shard
from stream_app.journeys.stored import Stored, StoredFact
from stream_app.measures.accounting import Accounting
from stream_app.measures.clock import OpenClock
from stream_app.measures.measure import Kind, Measure, registry
from stream_app.measures.store import CellStore
from stream_app.measures.window import Window
from stream_app.policies import Policies
from stream_app.simulate import Options, generate
from tests.journeys.generated import Record

FOLDER = Path(__file__).parent / "golden"
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
RECORDS = 1_500
_OF_EACH_SORT = 3
_OUR_MODULE = re.compile(r"stream_app\.(\w+\.)+")  # a struct may move, what it stores stays
_JOURNEYS = 12

KINDS = registry([Measure(kind.value, kind, "1", f"A {kind.value}.", by=()) for kind in Kind])
"""One measure of each kind: not all are in the catalogue."""

Entries = dict[bytes, bytes]


def path(version: int = STATE_VERSION[0]) -> Path:
    """Return the file of a state version."""
    return FOLDER / f"state-v{version}.json"


def records() -> list[Record]:
    """Return a fixed piece of traffic."""
    made = generate(
        20260302,
        START,
        Options(duplicates=0.02, late=0.03, broken=0.01, rate=20, residents=120, families=("relationships",)),
    )
    return [
        Record(offset, one.key, one.value, START + 40 * 86_400_000) for offset, one in enumerate(islice(made, RECORDS))
    ]


def fold() -> tuple[Entries, Entries]:
    """Return all cells and journeys of the traffic."""
    shard = Shard(0, Policies(), {}, {})
    shard.apply(records())
    return dict(shard.cells.entries()), shard.journeys


def kinds() -> Entries:
    """Return cells of every kind."""
    policies = Policies()
    store = CellStore(KINDS, map(Window.parse, policies.windows), policies.lateness_ms, policies.label_cap)
    for offset, measure in enumerate(KINDS.values()):
        for more in range(5):
            value = f"id-{more}" if measure.kind is Kind.DISTINCT else 1_000 + more
            store.contribute(measure, START + more, value, (), (), offset)
    store.account(5, 0, 0, 0, 0, START, 5)
    store.drain()
    return dict(store.entries())


def samples() -> dict[str, Entries]:
    """Return some entries of every sort: of each kind of cell, the registries, clocks, journeys, and a manifest."""
    cells, journeys = fold()
    by_sort: dict[tuple[int, int], list[bytes]] = {}
    for key in sorted(cells):
        by_sort.setdefault((key[2], cells[key][8]), []).append(key)
    chosen = [key for keys in by_sort.values() for key in keys[:_OF_EACH_SORT]]
    some = sorted(journeys, key=lambda key: (len(journeys[key]) % 97, key))[:_JOURNEYS]  # of all lengths
    seal = Seal("0" * 32, STATE_VERSION[0], "rules", TopicIds("source", "cells", "journeys"), 4)
    manifest = dict([seal.entry(RECORDS - 1, len(cells))])
    return {
        "cells": {key: cells[key] for key in chosen},
        "kinds": kinds(),
        "journeys": {key: journeys[key] for key in some},
        "manifest": {key: value or b"" for key, value in manifest.items()},
    }


def shapes() -> dict[str, list[str]]:
    """Return the fields of every stored struct, in order: what a change of them would mean for stored state."""
    structs = [one for one in vars(state).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    structs += [StoredFact, Stored, Accounting, OpenClock, Manifest, TopicIds]
    return {
        one.__name__: [f"{field.name}: {_OUR_MODULE.sub('', str(field.type))}" for field in msgspec.structs.fields(one)]
        for one in sorted(structs, key=lambda one: one.__name__)
    }


def read(version: int = STATE_VERSION[0]) -> tuple[dict[str, Entries], dict[str, list[str]]]:
    """Return the committed entries and shapes of a state version."""
    stored: dict[str, Any] = json.loads(path(version).read_text(encoding="utf-8"))
    entries = {
        sort: {bytes.fromhex(key): bytes.fromhex(value) for key, value in rows.items()}
        for sort, rows in stored["entries"].items()
    }
    return entries, stored["shapes"]


def write() -> None:
    """Write the golden file of this version."""
    entries = {
        sort: {key.hex(): value.hex() for key, value in sorted(rows.items())} for sort, rows in samples().items()
    }
    FOLDER.mkdir(exist_ok=True)
    path().write_text(json.dumps({"entries": entries, "shapes": shapes()}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
