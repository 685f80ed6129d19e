"""The board's own gauges: readiness, lag, watermarks, cost and failures of every KPI, fates of the records."""

import platform
from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from stream_app import __version__
from stream_app.board.live import wall_ms
from stream_app.board.snapshot import Snapshot

FATES = {
    "records": ("records", "Source records read by the workers: applied + duplicates + dead + forwarded."),
    "applied": ("records_applied", "Source records folded into the figures."),
    "duplicates": ("records_duplicate", "Source records whose event was known already."),
    "dead": ("records_dead", "Source records that went to the dead letters."),
    "forwarded": ("records_forwarded", "Source records in which merged relationships sent on what they knew."),
    "late": ("records_late", "Applied records that came later than the lateness horizon."),
    "redelivered": ("records_redelivered", "Records read again after a crash and skipped by their stamps."),
}
"""By attribute of the accounting: the metric and its meaning."""


def health(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every family that tells of the board itself."""
    yield from _state(snapshot)
    yield from _reading(snapshot)
    yield from _kpis(snapshot)
    yield from _fates(snapshot)


def _one(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"crm_kpi_{name}", meaning, value)


def _state(snapshot: Snapshot) -> Iterator[Metric]:
    build = GaugeMetricFamily(
        "crm_kpi_build_info", "Always 1; the labels tell the version.", labels=("version", "python")
    )
    build.add_metric((__version__, platform.python_version()), 1)
    yield build
    told = snapshot.directory
    for name, label, value, meaning in (
        ("policies_info", "edition", told.edition, "Always 1; the label tells editions of the policies apart."),
        ("board_info", "url", told.board_url, "Always 1; the label tells where people find the board."),
    ):
        if value:
            info = GaugeMetricFamily(f"crm_kpi_{name}", meaning, labels=(label,))
            info.add_metric((value,), 1)
            yield info
    yield _one("ready", "1 when every state partition was read to its end; no KPI is published before.",
               snapshot.ready)  # fmt: skip
    yield _one("state_damaged", "1 while the stored state is found damaged; the board's /readyz says what.",
               bool(snapshot.progress.damage))  # fmt: skip
    yield _one("broker_up", "1 while the broker can be read.", not snapshot.progress.trouble)
    yield _one("rebuilds", "Times the model was read anew because the state topics changed.",
               snapshot.progress.rebuilds)  # fmt: skip
    yield _one("snapshot_duration_seconds", "Time to compute all KPIs for this snapshot.", snapshot.seconds)
    if snapshot.at:
        yield _one("now_timestamp_seconds", "The moment that all figures are for.", snapshot.at / 1000)
    for sort, entries in snapshot.sizes.items():
        yield _one(f"model_{sort}", f"Entries of the sort {sort} in the model, all partitions.", entries)


def _reading(snapshot: Snapshot) -> Iterator[Metric]:
    progress = snapshot.progress
    where = ("topic", "partition")
    lag = GaugeMetricFamily("crm_kpi_lag_records", "Offsets between the board and the end.", labels=where)
    caught = GaugeMetricFamily("crm_kpi_caught_up", "1 once the end of the partition was seen.", labels=where)
    for p in progress.partitions:
        at = (p.topic, str(p.partition))
        caught.add_metric(at, p.caught_up)
        if p.lag is not None:
            lag.add_metric(at, p.lag)
    yield lag
    yield caught
    read = CounterMetricFamily("crm_kpi_state_records", "State records read by this board.")
    read.add_metric((), progress.records)
    yield read
    refused = CounterMetricFamily("crm_kpi_state_records_refused", "State records the model could not take.")
    refused.add_metric((), progress.rejected)
    yield refused
    if progress.last_record_at is not None:
        age = max(0, wall_ms() - progress.last_record_at) / 1000
        yield _one("last_update_age_seconds", "Wall time since the newest state record was read.", age)


def _kpis(snapshot: Snapshot) -> Iterator[Metric]:
    success = GaugeMetricFamily("crm_kpi_collect_success", "1 if the KPI was computed.", labels=("kpi",))
    took = GaugeMetricFamily("crm_kpi_collect_duration_seconds", "Time to compute the KPI.", labels=("kpi",))
    series = GaugeMetricFamily("crm_kpi_series", "Series that the KPI publishes.", labels=("kpi",))
    for name, one in snapshot.collected.items():
        success.add_metric((name,), not one.error)
        took.add_metric((name,), one.seconds)
        series.add_metric((name,), len(one.samples))
    yield from (success, took, series)
    clocks = GaugeMetricFamily("crm_kpi_open_clocks", "Open clocks in the model.", labels=("clock",))
    for name, open_ in snapshot.clocks.items():
        clocks.add_metric((name,), len(open_))
    yield clocks


def _fates(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield the workers' accounting per partition of every family, so that `sum()` is the whole."""
    labels = ("topic", "partition")
    read = snapshot.progress.partitions
    families = {
        name: GaugeMetricFamily(f"crm_kpi_{metric}", meaning, labels=labels)
        for name, (metric, meaning) in FATES.items()
    }
    watermark = GaugeMetricFamily(
        "crm_kpi_watermark_timestamp_seconds", "Highest event time seen in the partition.", labels=labels
    )
    for source, account in sorted(snapshot.accounting.items()):
        where = (read[source].topic, str(read[source].partition)) if source < len(read) else ("", str(source))
        for name, family in families.items():
            family.add_metric(where, getattr(account, name))
        if account.watermark > 0:
            watermark.add_metric(where, account.watermark / 1000)
    yield from families.values()
    yield watermark
