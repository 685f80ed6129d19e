"""The gauges: one snapshot as Prometheus families, rendered as text."""

import gzip
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample as Line

from stream_app.board.health import health
from stream_app.board.snapshot import Collected, Snapshot

OF_PART = {
    "": "",
    "mean": "Mean of: ",
    "numerator": "Numerator of: ",
    "denominator": "Denominator of: ",
}
"""What the HELP text of a part begins with; a part that is not listed begins with its name."""


class Gauges(Collector):
    """The custom collector over one snapshot: a series whose data vanished vanishes."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: what there is depends on the data."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the KPIs' families, then the board's own."""
        for one in self._snapshot.collected.values():
            yield from families(one)
        yield from health(self._snapshot)


def families(one: Collected) -> list[Metric]:
    """Return the families of one KPI, one per part that has samples, with HELP from its meaning."""
    found: dict[str, Metric] = {}
    for sample in one.samples:
        family = found.get(sample.part)
        if family is None:
            opening = OF_PART.get(sample.part, f"{sample.part.capitalize()} of: ")
            family = Metric(one.kpi.metric(sample.part), opening + one.kpi.meaning, "gauge")
            found[sample.part] = family
        labels = sample.labels if sample.window is None else {"window": sample.window, **sample.labels}
        family.samples.append(Line(family.name, labels, sample.value))
    return list(found.values())


def content_type(accept: str) -> str:
    """Return the content type that answers *accept*."""
    return choose_encoder(accept)[1]


def render(snapshot: Snapshot, accept: str, *, compressed: bool) -> bytes:
    """Return the page that Prometheus reads; some 100 ms of work for 20,000 series."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Gauges(snapshot))
    ProcessCollector(registry=registry)
    encode, _ = choose_encoder(accept)
    page = encode(registry)
    # Level 1: the page is mostly repetition, higher levels cost three times the time for a tenth less.
    return gzip.compress(page, compresslevel=1, mtime=0) if compressed else page
