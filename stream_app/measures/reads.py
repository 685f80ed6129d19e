"""What was asked of the read model while a figure was computed, so that it is known when it may have changed."""

from dataclasses import dataclass, field
from typing import Final

Moment = tuple[int, int]
"""(shift, size) in ms: what was read of the time is `(now - shift) // size`."""
EXACTLY_NOW: Final[Moment] = (0, 1)


@dataclass(frozen=True, slots=True)
class Reads:
    """The parts of the read model that a figure rests on.

    Attributes:
        measures: Names of the measures.
        labels: Labels whose cap was looked at.
        clocks: Names of the clocks.
        moments: In which steps the time was looked at.
        whole: Whether something was read that changes with every record, such as the watermark.
    """

    measures: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    clocks: set[str] = field(default_factory=set)
    moments: set[Moment] = field(default_factory=set)
    whole: list[bool] = field(default_factory=list)
