"""The worker's own pages: /healthz for a supervisor, /metrics for Prometheus."""

from __future__ import annotations

import os
import socket
from itertools import islice
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from stream_app.engine.meters import BATCH_BOUNDS
from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from stream_app.engine.app import EngineApp
    from stream_app.engine.protocol import Partition

_SAMPLED_ENTRIES = 1_000


def _estimated_bytes(entries: Partition) -> float:
    """Estimate the bytes of keys and values from the first thousand, so that a scrape stays quick."""
    sample = [len(key) + len(value) for key, value in islice(entries.items(), _SAMPLED_ENTRIES)]
    return len(entries) * sum(sample) / len(sample) if sample else 0.0


class WorkerCollector:
    """Reads the meters at scrape time: a partition that was given up has no series any more."""

    def __init__(self, app: EngineApp) -> None:
        self._app = app

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering does not collect."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all metric families."""
        yield from self._totals()
        yield from self._partitions()

    def _totals(self) -> Iterator[Metric]:
        meters = self._app.meters
        for name, meaning, label, counter in (
            ("events", "Records by what became of them.", "outcome", meters.events),
            ("dead_letters", "Records sent to the dead letters.", "reason", meters.dead_letters),
            ("state_writes", "State entries written.", "table", meters.entries),
        ):
            family = CounterMetricFamily(f"crm_kpi_{name}", meaning, labels=[label])
            for value, count in sorted(counter.items()):
                family.add_metric([value], count)
            yield family
        yield CounterMetricFamily("crm_kpi_late_events", "Records that came after their horizon.", meters.late)
        yield CounterMetricFamily(
            "crm_kpi_capped_labels", "Label sets counted as other: the cap is full.", meters.capped
        )
        yield CounterMetricFamily(
            "crm_kpi_skipped_offsets", "Source offsets without a record (transaction markers).", meters.skipped_offsets
        )
        yield CounterMetricFamily(
            "crm_kpi_lost_records", "Records that retention deleted before they were read.", meters.lost_records
        )
        yield CounterMetricFamily("crm_kpi_rebalances", "Rebalances taken part in.", meters.rebalances)
        batches = HistogramMetricFamily("crm_kpi_batch_seconds", "Time from taking a batch to its being durable.")
        total, buckets = 0, []
        for bound, count in zip((*map(str, BATCH_BOUNDS), "+Inf"), meters.batch_buckets, strict=True):
            total += count
            buckets.append((bound, total))
        batches.add_metric([], buckets, meters.batch_seconds)
        yield batches
        yield GaugeMetricFamily("crm_kpi_worker_ready", "1 when recovered and folding.", float(self._app.ready))
        for name, meaning, moment in (
            ("recovery_seconds", "Duration of the last recovery.", meters.recovery_seconds),
            ("last_commit_timestamp_seconds", "Time of the last offset commit.", meters.committed_at),
        ):
            if moment is not None:
                yield GaugeMetricFamily(f"crm_kpi_{name}", meaning, moment)

    def _partitions(self) -> Iterator[Metric]:
        labels = ["topic", "partition"]
        lag = GaugeMetricFamily("crm_kpi_lag_events", "Records that are not durable yet.", labels=labels)
        watermark = GaugeMetricFamily("crm_kpi_watermark_timestamp_seconds", "Newest event time folded.", labels=labels)
        keys = GaugeMetricFamily("crm_kpi_state_keys", "Entries held in memory.", labels=[*labels, "table"])
        size = GaugeMetricFamily(
            "crm_kpi_state_bytes", "Estimated bytes of keys and values held.", labels=[*labels, "table"]
        )
        for tp, lane in self._app.lanes.items():
            names = [tp.topic, str(tp.partition)]
            behind = self._app.consumer.lag(tp)
            if behind is not None:
                lag.add_metric(names, behind)
            newest = lane.meter.watermark
            if newest is not None and newest > 0:  # idle before its first event, a partition has none
                watermark.add_metric(names, newest / 1000)
            for table, entries in lane.entries().items():
                keys.add_metric([*names, table], len(entries))
                size.add_metric([*names, table], _estimated_bytes(entries))
        yield from (lag, watermark, keys, size)


def require_free(host: str, port: int) -> None:
    """Raise UserError unless the worker's pages can listen there; Faust would end in a traceback."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise UserError(
            f"the worker cannot listen on {host}:{port}: {error.strerror}",
            "Choose an address of this machine with CRM_PULSE_WORKER_HOST.",
        ) from error
    except OSError as error:
        raise UserError(
            f"the worker cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}",
            "Another worker on this machine? Choose a port with --port or CRM_PULSE_WORKER_PORT (0 takes a free one); "
            "CRM_PULSE_WORKER_HOST is the address.",
        ) from error


def add_routes(app: EngineApp, server: web.Application) -> None:
    """Serve /healthz and /metrics on Faust's own web server."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(WorkerCollector(app))

    async def healthz(_request: web.Request) -> web.Response:
        status = "ready" if app.ready else "recovering" if app.in_recovery else "starting"
        return web.json_response({"status": status, "partitions": len(app.lanes.items())})

    server.router.add_get("/healthz", healthz)
    server.router.add_get("/metrics", make_aiohttp_handler(registry))
