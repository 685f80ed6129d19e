"""A measure: the declaration of a number that journeys emit and cells hold."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from stream_app.measures.window import DAY, HOUR, MINUTE

ALL_TIME: Final = 1 << 63
"""A bucket larger than every time in ms: `at // ALL_TIME` is 0."""

_GRAINS: Final = MappingProxyType({"h": HOUR.size, "d": DAY.size, "none": ALL_TIME})
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")

Bucket = Literal["h", "d", "none"]


class Kind(StrEnum):
    """What a measure keeps of the values that it is given."""

    COUNT = "count"
    SUM = "sum"
    HISTOGRAM = "histogram"
    DISTINCT = "distinct"
    STOCK = "stock"


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """Declare one measure; ValueError for a name or label that no series could carry.

    `dims` are labels that every contribution has (funnel, step); `by` are breakdown
    labels, of which a cell carries at most one. `bucket` is the slice of event time in
    which a stock counts. Two measures of one name are the same measure.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    by: tuple[str, ...] = ()
    dims: tuple[str, ...] = ()
    bucket: Bucket = "none"
    grain: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for word in (self.name, *self.by, *self.dims):
            if not _NAME.match(word):
                raise ValueError(f"measure {self.name!r}: {word!r} must be lower_snake_case")
        labels = (*self.dims, *self.by)
        if len(set(labels)) < len(labels):
            raise ValueError(f"measure {self.name!r}: a label is declared twice in {labels}")
        if self.bucket != "none" and self.kind is not Kind.STOCK:
            raise ValueError(f"measure {self.name!r}: only a stock has a bucket, drop {self.bucket!r}")
        grain = _GRAINS[self.bucket] if self.kind is Kind.STOCK else MINUTE.size
        object.__setattr__(self, "grain", grain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measure) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def registry(measures: Iterable[Measure]) -> Mapping[str, Measure]:
    """Index measures by name; ValueError where two declarations share a name."""
    found: dict[str, Measure] = {}
    for measure in measures:
        if found.setdefault(measure.name, measure) is not measure:
            raise ValueError(f"measure {measure.name!r} is declared twice, rename one")
    return MappingProxyType(found)
