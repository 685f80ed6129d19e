"""An alert as an Alertmanager takes it: labels that say which one it is, and annotations for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Key = tuple[tuple[str, str], ...]
"""The labels of an alert, by which an Alertmanager knows it."""

HOLD_MS: Final = 5 * 60_000
"""What is told holds for so long; it is told again well before."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        key: Labels; the same for the same promise in the same state, whoever tells of it, and whenever.
        starts: From when it holds, in ms; the same for everybody as well.
        annotations: What people read.
    """

    key: Key
    starts: int
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """What an Alertmanager is to be told of one alert.

    Attributes:
        alert: The alert.
        ended: When it ended, in ms; None while it holds.
        since: From when on it could have been told, in ms; None where nobody waits for it: it was told before, or
            held already when this board began.
    """

    alert: Alert
    ended: int | None = None
    since: int | None = None

    def wire(self, now: int) -> dict[str, Any]:
        """Return it in the form of the API, version 2; what holds ends a few minutes ahead, unless told again."""
        alert = self.alert
        ends = now + HOLD_MS if self.ended is None else max(self.ended, alert.starts)
        body = {
            "labels": dict(alert.key),
            "annotations": dict(alert.annotations),
            "startsAt": moment(alert.starts),
            "endsAt": moment(ends),
        }
        if link := alert.annotations.get("board_url"):
            body["generatorURL"] = link
        return body


def moment(at: int) -> str:
    """Return *at* (ms) as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
