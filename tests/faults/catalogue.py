"""The catalogue of faults by number, and which of them a test covers."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAMES = {
    1: "kill -9 in the middle of a batch",
    2: "kill -9 between changelog and commit",
    3: "commit before the changelog has it",
    4: "SIGTERM under load",
    5: "a second worker joins under load",
    6: "kill -9 of one of two workers",
    7: "storm of rebalances",
    8: "zombie: frozen beyond its session",
    9: "broker connections reset, refused",
    10: "broker unreachable for minutes",
    11: "broker slow, seconds per request",
    12: "half-open connections",
    13: "broker frozen",
    14: "broker killed, restarted with data",
    15: "broker refuses a write for good",
    16: "the same event at several offsets",
    17: "a batch written twice by retries",
    18: "events of one life in any order",
    19: "late events",
    20: "impossible timestamps",
    21: "wall clock jumps",
    22: "idle partitions",
    23: "poison records",
    24: "dead letters cannot be written",
    25: "oversized body over HTTP",
    26: "schema evolution",
    27: "rolling upgrade and downgrade",
    28: "full disk",
    29: "state topic truncated or recreated",
    30: "source topic recreated",
    31: "partition count changed",
    32: "records gone by retention",
    33: "transaction markers, compaction gaps",
    34: "crash loop",
    35: "exception or hang in the fold",
    36: "slow, many and early scrapes",
    37: "cardinality explosion",
    38: "series of a dead worker",
    39: "HTTP ingest flood",
    40: "bad signatures over HTTP",
    41: "replayed requests over HTTP",
    42: "ingest crash before its answer",
    43: "fold slower than the load",
    44: "hot key, hot partition",
    45: "soak: memory and files",
    46: "wrong settings",
}
BY_HTTP = frozenset({25, *range(39, 43)})
"""Faults of the HTTP ingest, which this version does not have."""

_MENTION = re.compile(r"\bfaults? (\d+(?:(?:, | to )\d+)*)")


def mentioned(text: str) -> list[int]:
    """Return the numbers in ``fault 1``, ``faults 5, 6`` and ``faults 9 to 14``, in order."""
    return sorted({number for found in _MENTION.findall(text) for part in found.split(", ") for number in _span(part)})


def _span(text: str) -> range:
    first, _, last = text.partition(" to ")
    return range(int(first), int(last or first) + 1)


class Results:
    """What the tests of each fault came to."""

    def __init__(self) -> None:
        self._outcomes: dict[int, dict[str, str]] = defaultdict(dict)
        self._remarks: dict[int, list[str]] = defaultdict(list)

    def add(self, numbers: Iterable[int], test: str, outcome: str, remarks: Iterable[str] = ()) -> None:
        """Note one phase of a test; what is not "passed" stays."""
        for number in numbers:
            before = self._outcomes[number].setdefault(test, outcome)
            if before == "passed":
                self._outcomes[number][test] = outcome
            self._remarks[number] += remarks

    def lines(self) -> Iterator[str]:
        """Yield the table, and then what is not in it."""
        width = max(map(len, NAMES.values()))
        yield f"fault  {'what':{width}}  result"
        for number, what in NAMES.items():
            if number in self._outcomes:
                yield f"{number:5}  {what:{width}}  {self._result(number)}"
        missing = [str(number) for number in NAMES if number not in self._outcomes and number not in BY_HTTP]
        yield f"not tested in this run: {', '.join(missing) or 'none'}"
        yield f"come with the HTTP ingest: {', '.join(map(str, sorted(BY_HTTP)))}"

    def _result(self, number: int) -> str:
        outcomes = self._outcomes[number]
        counts = {kind: sum(one == kind for one in outcomes.values()) for kind in ("passed", "failed", "skipped")}
        said = [f"{count} {kind}" for kind, count in counts.items() if count]
        said += [test.rpartition("::")[2] for test, outcome in outcomes.items() if outcome == "failed"]
        return ", ".join(said + self._remarks[number])
