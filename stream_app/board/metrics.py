"""The gauges: one snapshot as Prometheus families, and as the text that Prometheus reads."""

import gzip
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample as Line

from stream_app.board.health import health
from stream_app.board.lines import Lines, labels_of, meaning
from stream_app.board.snapshot import Collected, Snapshot

_RESPELT = ("escaping=dots", "escaping=values")
"""Asked for by hardly anybody: names are spelt otherwise, which is left to prometheus-client."""


class Gauges(Collector):
    """The custom collector over one snapshot: a series whose data vanished vanishes.

    It serves any registry of prometheus-client, and says what the text of `Lines` must be equal to.
    """

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


class Health(Collector):
    """The board's own families of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        """Describe nothing, as `Gauges` does."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield from health(self._snapshot)


def families(one: Collected) -> list[Metric]:
    """Return the families of one KPI, one per part that has samples, with HELP from its meaning."""
    found: dict[str, Metric] = {}
    for sample in one.samples:
        family = found.get(sample.part)
        if family is None:
            family = found[sample.part] = Metric(one.kpi.metric(sample.part), meaning(one, sample.part), "gauge")
        family.samples.append(Line(family.name, labels_of(sample), sample.value))
    return list(found.values())


def content_type(accept: str) -> str:
    """Return the content type that answers *accept*."""
    return choose_encoder(accept)[1]


class Page:
    """Renders the page that Prometheus reads, one snapshot after the other, in one thread.

    Args:
        more: What else of this process belongs on it.
    """

    def __init__(self, *more: Collector) -> None:
        self._lines = Lines()
        self._more = more

    def render(self, snapshot: Snapshot, accept: str, *, compressed: bool) -> bytes:
        """Return the page: the KPIs' lines by `Lines`, the few of the board itself by prometheus-client."""
        encode, kind = choose_encoder(accept)
        respelt = kind.endswith(_RESPELT)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Gauges(snapshot) if respelt else Health(snapshot))
        ProcessCollector(registry=registry)
        for collector in self._more:
            registry.register(collector)
        page = encode(registry)
        if not respelt:
            openmetrics = kind.startswith("application/openmetrics-text")
            page = self._lines.render(snapshot.collected, openmetrics=openmetrics).encode() + page
        # Level 1: the page is mostly repetition, higher levels cost three times the time for a tenth less.
        return gzip.compress(page, compresslevel=1, mtime=0) if compressed else page
