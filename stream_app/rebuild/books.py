"""The books of two versions side by side: where both have counted a record, it must have met the same fate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream_app.engine.stamps import stamp_of
from stream_app.measures import keys
from stream_app.measures.accounting import Accounting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream_app.engine.protocol import Partition

_FATES = ("applied", "duplicates", "dead")


@dataclass(frozen=True, slots=True)
class Book:
    """What became of the records of a partition, up to an offset."""

    stamp: int
    account: Accounting

    def fates(self) -> dict[str, int]:
        """Return the number of records by fate."""
        return {fate: getattr(self.account, fate) for fate in _FATES}


Place = tuple[str, int]
"""An agent and a partition of its source."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A partition whose records met other fates, or where records of one version are missing in the other."""

    agent: str
    partition: int
    old: dict[str, int]
    new: dict[str, int]


def book(entries: Partition) -> Book:
    """Return the book in the published entries of a partition; an empty one before its first record."""
    value = entries.get(keys.ACCOUNTING)
    return Book(-1, Accounting()) if value is None else Book(stamp_of(value), Accounting.read(value))


def in_step(old: Mapping[Place, Book], new: Mapping[Place, Book]) -> bool:
    """Say whether both versions have come equally far in every partition."""
    return {place: one.stamp for place, one in old.items()} == {place: one.stamp for place, one in new.items()}


def disagreements(old: Mapping[Place, Book], new: Mapping[Place, Book]) -> list[Disagreement]:
    """Return the partitions whose books cannot both be right."""
    return [
        Disagreement(*place, old[place].fates(), new[place].fates())
        for place in sorted(old.keys() & new.keys())
        if not _agree(old[place], new[place])
    ]


def _agree(one: Book, other: Book) -> bool:
    """Say whether two books may be of the same records.

    Books of the same offset are equal. Under live traffic one is further than the other: it has no fewer records of
    any fate, and no more in all than there are offsets between them.
    """
    behind, ahead = sorted((one, other), key=lambda book: book.stamp)
    before, after = behind.fates(), ahead.fates()
    more = [after[fate] - before[fate] for fate in _FATES]
    return min(more) >= 0 and sum(more) <= ahead.stamp - behind.stamp
