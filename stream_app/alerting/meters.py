"""What the board says of its own alerts: how many were sent and failed, how late they were, what is not delivered."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of the delays, in seconds."""


class Meters:
    """Count what one board does; written by the event loop, read by the thread that renders the gauges."""

    def __init__(self) -> None:
        self.firing = 0
        self.sent: dict[str, int] = {}
        self.failed: dict[str, int] = {}
        self.waiting: dict[str, float] = {}
        self._delays = [0] * (len(BOUNDS) + 1)
        self._delay = 0.0

    def add(self, alertmanager: str) -> None:
        """Begin to count for an Alertmanager, with zeros: what was never sent is shown as such."""
        self.sent[alertmanager] = self.failed[alertmanager] = 0
        self.waiting[alertmanager] = 0.0

    def delayed(self, seconds: float) -> None:
        """Note how long after its moment an alert was taken by an Alertmanager."""
        self._delays[bisect_left(BOUNDS, seconds)] += 1
        self._delay += seconds

    def describe(self) -> list[Metric]:
        """Describe nothing: a board without Alertmanagers has none of this."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield GaugeMetricFamily("crm_kpi_alerts_firing", "Alerts of promises that hold now.", self.firing)
        sent = CounterMetricFamily(
            "crm_kpi_alerts_sent", "Alerts that an Alertmanager took, repetitions included.", labels=("alertmanager",)
        )
        failed = CounterMetricFamily(
            "crm_kpi_alerts_failed", "Alerts that an Alertmanager did not take; tried again.", labels=("alertmanager",)
        )
        waiting = GaugeMetricFamily(
            "crm_kpi_alerts_undelivered_seconds",
            "For how long something has waited to be delivered; 0 when all is.",
            labels=("alertmanager",),
        )
        for name in self.sent:
            sent.add_metric((name,), self.sent[name])
            failed.add_metric((name,), self.failed[name])
            waiting.add_metric((name,), self.waiting[name])
        yield from (sent, failed, waiting)
        total, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._delays, strict=True):
            total += count
            buckets.append((bound, total))
        yield HistogramMetricFamily(
            "crm_kpi_alert_delay_seconds",
            "From the moment that a promise is at risk or overdue, and its team may be told, to its Alertmanager.",
            buckets=buckets,
            sum_value=self._delay,
        )
