"""Calls: how soon one has to be answered, who hung up too soon to count, and who calls again too soon."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Calls:
    """Say by which times the calls of a service team are measured.

    Attributes:
        service_levels: Waits within which an answer keeps the service level: name to ms.
        short_abandon_ms: Who hangs up before this was never really waiting; 0: everybody was.
        repeat_contact: Horizons within which another call of the same person is a repeated one: name to ms.
    """

    service_levels: Mapping[str, int] = field(default_factory=lambda: {"20s": 20_000})
    short_abandon_ms: int = 5_000
    repeat_contact: Mapping[str, int] = field(default_factory=lambda: {"7d": 7 * _DAY_MS})
