"""Pathway: tables and joins, kept up to date in its Rust engine; persistence on, windows written to Kafka."""

from __future__ import annotations

import os
from math import ceil, floor

# Nothing may leave this machine: no licence key means no telemetry, and no monitoring server is named.
for name in ("PATHWAY_LICENSE_KEY", "PATHWAY_MONITORING_SERVER", "PATHWAY_DETAILED_METRICS_DIR"):
    os.environ.pop(name, None)
os.environ["OTEL_SDK_DISABLED"] = "true"

import pathway as pw  # noqa: E402  reads the environment when it is imported

from benchmarks.peers import mark, work  # noqa: E402

FIELDS = {
    "channel": "/data/channel",
    "direction": "/data/direction",
    "automated": "/data/automated",
    "internal": "/data/internal",
    "two_way": "/data/two_way",
}


class Event(pw.Schema):  # type: ignore[misc]  # pathway is not installed where this is type-checked
    """What the work needs of an event."""

    type: str
    subject: str
    time: str
    channel: str | None = pw.column_definition(default_value=None)
    direction: str | None = pw.column_definition(default_value=None)
    automated: bool | None = pw.column_definition(default_value=None)
    internal: bool | None = pw.column_definition(default_value=None)
    two_way: bool | None = pw.column_definition(default_value=None)


def quantile(waits: tuple[int, ...]) -> float:
    """Return the exact 0.9-quantile of sorted waits."""
    rank = 0.9 * (len(waits) - 1)
    low, high = waits[floor(rank)], waits[ceil(rank)]
    return low + (high - low) * (rank - floor(rank))


def windows(events: pw.Table) -> pw.Table:
    """Return count, sum and p90 by channel and minute."""
    known = events.filter(
        (pw.this.type == "crm.lead.created.v1")
        | (pw.this.type == "crm.interaction.logged.v1")
        | (pw.this.type == "crm.lead.disqualified.v1")
        | (pw.this.type == "crm.lead.converted.v1")
        | (pw.this.type == "crm.relationship.merged.v1")
    ).with_columns(at=pw.this.time.dt.strptime("%Y-%m-%dT%H:%M:%S%.fZ").dt.timestamp(unit="ms"))
    known = known.with_columns(at=pw.cast(int, pw.this.at + 0.5))  # the seconds are a float: round
    created = known.filter(pw.this.type == "crm.lead.created.v1")
    leads = created.groupby(pw.this.subject).reduce(
        pw.this.subject, created=pw.reducers.min(pw.this.at), channel=pw.reducers.earliest(pw.this.channel)
    )
    human = known.filter(
        (pw.this.type == "crm.interaction.logged.v1")
        & ~pw.coalesce(pw.this.automated, False)
        & ~pw.coalesce(pw.this.internal, False)
        & ((pw.this.direction == "out") | pw.coalesce(pw.this.two_way, False))
    )
    touched = human.join(leads, pw.left.subject == pw.right.subject).select(
        pw.left.subject, pw.left.at, pw.right.created, pw.right.channel
    )
    answers = (
        touched.filter(pw.this.at >= pw.this.created)
        .groupby(pw.this.subject, pw.this.created, pw.this.channel)
        .reduce(pw.this.subject, pw.this.created, pw.this.channel, at=pw.reducers.min(pw.this.at))
    )
    ended = known.filter((pw.this.type != "crm.lead.created.v1") & (pw.this.type != "crm.interaction.logged.v1"))
    gone = ended.groupby(pw.this.subject).reduce(pw.this.subject, gone=pw.reducers.min(pw.this.at))
    kept = answers.join_left(gone, pw.left.subject == pw.right.subject).select(
        pw.left.at, pw.left.channel, wait=pw.left.at - pw.left.created, gone=pw.right.gone
    )
    kept = kept.filter(pw.this.gone.is_none() | (pw.coalesce(pw.this.gone, 0) > pw.this.at))
    kept = kept.with_columns(minute=pw.this.at // work.MINUTE_MS)
    counted = kept.groupby(pw.this.channel, pw.this.minute).reduce(
        pw.this.channel,
        pw.this.minute,
        count=pw.reducers.count(),
        sum=pw.reducers.sum(pw.this.wait),
        waits=pw.reducers.sorted_tuple(pw.this.wait),
    )
    return counted.select(
        pw.this.channel, pw.this.minute, pw.this.count, pw.this.sum, p90=pw.apply(quantile, pw.this.waits)
    )


def main() -> None:
    """Read the topic to its end."""
    settings = {"bootstrap.servers": mark.BROKERS, "group.id": mark.GROUP, "auto.offset.reset": "earliest"}
    events = pw.io.kafka.read(
        settings, mark.TOPIC, schema=Event, format="json", json_field_paths=FIELDS, mode="static", name="events",
        autocommit_duration_ms=1_000,
    )  # fmt: skip
    pw.io.kafka.write(windows(events), settings, mark.OUTPUT, format="json", name="windows")
    mark.first()  # the engine has no place to tell of its first record; its start-up is small
    backend = pw.persistence.Backend.filesystem(str(mark.FOLDER / "persistence"))
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        with_http_server=False,
        persistence_config=pw.persistence.Config(backend, snapshot_interval_ms=1_000),
    )


if __name__ == "__main__":
    main()
