"""Whether recovered state may be counted on: what its manifests say against what is there.

A worker that recovered damaged state would go on counting from it, and every figure would be wrong without a sign.
No crash at any point gives a finding here: each rule says what the order of writes makes impossible (ADR 11).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream_app.engine.manifest import COPY, REBUILD, DamagedStateError, Manifest, Seal, TopicIds, refuse_newer
from stream_app.errors import UserError

if TYPE_CHECKING:
    from stream_app.engine.stamps import Merge


@dataclass(frozen=True, slots=True)
class Expected:
    """What this program and this broker are: the other side of every comparison."""

    source: str
    """Topic names."""
    cells: str
    journeys: str
    ids: TopicIds
    schema: int
    rules: str
    partitions: int
    """Partitions of the source."""

    def topics(self) -> dict[str, str]:
        """Return the ids of the three topics by name."""
        return {self.source: self.ids.source, self.cells: self.ids.cells, self.journeys: self.ids.journeys}


@dataclass(frozen=True, slots=True)
class Found:
    """One partition as it was read back."""

    number: int
    cells: Merge
    journeys: Merge
    committed: int
    """Offset that the group has committed, or below 0."""


def examine(expected: Expected, found: Found) -> Seal:
    """Return what the partition is to be sealed with from now on.

    Raises DamagedStateError when it cannot be counted on, NewerStateError when a newer program wrote it.
    """
    cells, journeys = found.cells.manifest, found.journeys.manifest
    for name, manifest in ((expected.cells, cells), (expected.journeys, journeys)):
        if manifest is not None:
            refuse_newer(manifest, expected.schema, f"{name}/{found.number}")
            _as_many_partitions(expected, f"{name}/{found.number}", manifest)
    if cells is None or journeys is None:
        pair = _new(expected, found, cells, journeys)
    else:
        _belong_together(expected, found, cells, journeys)
        _complete(expected, found, cells, journeys)
        _foldable(expected, found, cells, journeys)
        pair = cells.pair
    term = 1 + max(manifest.term if manifest else 0 for manifest in (cells, journeys))
    return Seal(pair, expected.schema, expected.rules, expected.ids, expected.partitions, term)


def _as_many_partitions(expected: Expected, where: str, manifest: Manifest) -> None:
    """Refuse topics that were given partitions, all as many, so that they look right together."""
    if manifest.partitions not in {0, expected.partitions}:
        raise DamagedStateError(
            f"Topic {expected.source} has {expected.partitions} partitions, and had {manifest.partitions} when {where} "
            "was written.",
            COPY,
        )


def _new(expected: Expected, found: Found, cells: Manifest | None, journeys: Manifest | None) -> str:
    """Return the pair of a partition that nothing was counted in; anything else without a manifest is damage.

    The manifest of the cells comes first into a new partition, that of the journeys second, all else and the first
    commit after them.
    """
    for name, merge in ((expected.cells, found.cells), (expected.journeys, found.journeys)):
        if merge.records and merge.manifest is None:
            raise DamagedStateError(f"{name}/{found.number} holds {merge.records} records and no manifest.", REBUILD)
    name = expected.cells if cells is None else expected.journeys
    if found.committed > 0:
        raise DamagedStateError(
            f"{name}/{found.number} is empty, and events up to offset {found.committed - 1} were counted into it: "
            "was the topic deleted, or its log lost?",
            REBUILD,
        )
    if journeys is not None or found.cells.records:
        raise DamagedStateError(f"{name}/{found.number} is empty, and its counterpart is not.", REBUILD)
    return uuid.uuid4().hex if cells is None else cells.pair


def _belong_together(expected: Expected, found: Found, cells: Manifest, journeys: Manifest) -> None:
    number = found.number
    # Two workers may both have found the partition new, one of them late: it had lost the partition, and its first
    # manifest came after the other's. Nothing was counted then, and the pair of the cells holds.
    unused = journeys.stamp < 0 and found.committed <= 0 and not found.journeys.live
    if cells.pair != journeys.pair and not unused:
        raise DamagedStateError(
            f"{expected.cells}/{number} and {expected.journeys}/{number} do not belong together: "
            "one of them was replaced.",
            REBUILD,
        )
    for manifest in (cells, journeys):
        for role in ("source", "cells", "journeys"):
            noted, present = getattr(manifest.topics, role), getattr(expected.ids, role)
            if noted and present and noted != present:
                raise DamagedStateError(
                    f"Topic {getattr(expected, role)} was deleted and made again (its id was {noted} and is {present}) "
                    f"since the state of partition {number} was written.",
                    REBUILD,
                )


def _complete(expected: Expected, found: Found, cells: Manifest, journeys: Manifest) -> None:
    for name, merge, manifest in (
        (expected.cells, found.cells, cells),
        (expected.journeys, found.journeys, journeys),
    ):
        missing = manifest.entries - len(merge.live) - merge.uncounted
        if missing > 0:
            raise DamagedStateError(
                f"{name}/{found.number} lacks at least {missing} of the {manifest.entries} entries that its manifest "
                f"counts at offset {manifest.stamp}.",
                REBUILD,
            )
    newest = max(found.journeys.highest, journeys.stamp)
    if newest > found.cells.sealed_until:
        raise DamagedStateError(
            f"{expected.cells}/{found.number} ends at offset {cells.stamp}, {expected.journeys} at {newest}: cells are "
            "written first, so their newest are lost.",
            REBUILD,
        )
    if cells.stamp > journeys.stamp and found.committed > cells.stamp:
        raise DamagedStateError(
            f"{expected.journeys}/{found.number} ends at offset {journeys.stamp}, and events up to offset "
            f"{found.committed - 1} were counted: its newest entries are lost.",
            REBUILD,
        )


def _foldable(expected: Expected, found: Found, cells: Manifest, journeys: Manifest) -> None:
    """Refuse to finish a half written batch under other rules: its cells would be half of each."""
    if cells.rules != expected.rules and max(cells.stamp, found.cells.highest) > journeys.stamp:
        raise UserError(
            f"The policies were changed (from {cells.rules or 'none'} to {expected.rules or 'none'}) while a batch of "
            f"{expected.source}/{found.number} was half written, after offset {journeys.stamp}.",
            "Start a worker once with the former policies and stop it in order; or, to count history under the new "
            "ones: crm-pulse rebuild",
        )
