"""What the demo shows, read over HTTP like any other reader would."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from typing import Any

WINDOW = "15m"
TIMEOUT_SECONDS = 3.0
RATE_SECONDS = 10.0
"""Time that the rate is taken over: traffic is no even stream."""

LOOKED_AT = 1_000
"""Waiting leads that a look takes in; with more than that nobody could tell who was answered."""
ANSWERED = 3
GIVEN_UP_SECONDS = 180.0
"""A lead that stops waiting so long after its due time was closed or merged rather than answered."""

_SERIES = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
# The opener knows no proxy: all addresses are on loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One lead that waits: who, by which channel, whose, for how long (s), and when it is due (s from now)."""

    relationship: str
    channel: str
    owner: str
    waited: float
    due_in: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the board and the worker; ``None`` where there is nothing to show yet.

    Attributes:
        values: KPI name -> value over the last 15 minutes, or now.
        response: Quantile -> seconds of the answered leads of the last 15 minutes.
        events: Events that the worker has taken since it started.
        dead: Those of them that became dead letters.
        rate: Events per second of the last ten seconds.
        lag: Events that the worker has not folded yet.
        waiting: The leads that came last and still wait.
        answered: Leads that waited at an earlier look and no longer do, the last one first.
    """

    values: dict[str, float] = field(default_factory=dict)
    response: dict[str, float] = field(default_factory=dict)
    events: int = 0
    dead: int = 0
    rate: float | None = None
    lag: int | None = None
    waiting: tuple[Waiting, ...] = ()
    answered: tuple[Waiting, ...] = ()


class Source:
    """Reads the board's API and the worker's metrics."""

    def __init__(self, board: str, worker: str) -> None:
        """Take the base addresses of *board* and *worker*."""
        self.board = board
        self._worker = worker
        self._looks: deque[tuple[float, int]] = deque()
        self._open: dict[str, Waiting] = {}
        self._answered: deque[Waiting] = deque(maxlen=ANSWERED)

    def ready(self) -> bool:
        """Return whether the worker folds and the board has read all state."""
        health = _get(f"{self._worker}/healthz")
        return health is not None and health.get("status") == "ready" and _get(f"{self.board}/readyz") is not None

    def look(self) -> Figures | None:
        """Return the figures of this moment, or ``None`` while the board has none."""
        kpis = _get(f"{self.board}/api/v1/kpis?area=response&window={WINDOW}")
        detail = _get(f"{self.board}/api/v1/kpis/lead_response_seconds?window={WINDOW}")
        clocks = _get(f"{self.board}/api/v1/clocks?clock=lead_response&sort=-since&limit={LOOKED_AT}")
        if kpis is None or detail is None:
            return None
        waiting = tuple(_waiting(item) for item in (clocks or {}).get("items", ()))
        if clocks is not None:
            self._follow(waiting, clocks["total"])
        metrics = _text(f"{self._worker}/metrics") or ""
        events, dead = (
            _total(metrics, "crm_kpi_events_total"),
            _total(metrics, "crm_kpi_events_total", 'outcome="dead"'),
        )
        return Figures(
            values={row["name"]: row["headline"]["value"] for row in kpis["kpis"] if row["headline"]},
            response=_quantiles(detail),
            events=events,
            dead=dead,
            rate=self._rate(events),
            lag=_total(metrics, "crm_kpi_lag_events") if "crm_kpi_lag_events{" in metrics else None,
            waiting=waiting,
            answered=tuple(self._answered),
        )

    def _follow(self, waiting: tuple[Waiting, ...], total: int) -> None:
        """Note who has stopped waiting since the last look: answered, unless it was long overdue and given up."""
        still = {lead.relationship: lead for lead in waiting}
        for name, lead in reversed(self._open.items()):  # the oldest first
            given_up = lead.due_in is not None and lead.due_in < -GIVEN_UP_SECONDS
            if name not in still and total == len(waiting) and not given_up:
                self._answered.appendleft(lead)
        self._open = still

    def _rate(self, events: int) -> float | None:
        self._looks.append((time.monotonic(), events))
        while len(self._looks) > 2 and self._looks[-1][0] - self._looks[0][0] > RATE_SECONDS:
            self._looks.popleft()
        (first, before), (last, now) = self._looks[0], self._looks[-1]
        return max(0.0, (now - before) / (last - first)) if last > first else None


def _quantiles(detail: dict[str, Any]) -> dict[str, float]:
    wanted = {"since": "created", "time": "calendar"}
    return {
        row["labels"]["quantile"]: row["value"]
        for row in detail["totals"]
        if "quantile" in row["labels"] and wanted.items() <= row["labels"].items()
    }


def _waiting(item: dict[str, Any]) -> Waiting:
    labels = item.get("labels", {})
    return Waiting(
        item["relationship"],
        labels.get("channel", ""),
        labels.get("owner_id", ""),
        item["waiting_seconds"],
        item.get("due_in_seconds"),
    )


def _total(metrics: str, name: str, label: str = "") -> int:
    """Return the sum of a metric's series, of those with *label* where it is given."""
    found = (series for series in _SERIES.findall(metrics) if series[0] == name and label in series[1])
    return int(sum(float(value) for _, _, value in found))


def _get(url: str) -> dict[str, Any] | None:
    text = _text(url)
    answer = None if text is None else json.loads(text)
    return answer if isinstance(answer, dict) else None


def _text(url: str) -> str | None:
    """Return what *url* answers, or ``None`` while it does not answer 200."""
    try:
        with _OPENER.open(url, timeout=TIMEOUT_SECONDS) as answer:
            return bytes(answer.read()).decode()
    except (OSError, urllib.error.HTTPError):
        return None
