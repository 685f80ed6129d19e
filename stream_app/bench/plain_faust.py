"""Plain Faust, one event at a time: ``python -m stream_app.bench.plain_faust WORK RECORDS FILE``.

``catalogue`` is the same work as the product's worker: the same journeys and cells, kept in two Faust tables the
way that Faust's users keep state, one read and one write per key. ``response`` is a small part of that work, as a
first program with Faust would do it: lead response time per channel, in windows of a minute.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import faust
import xxhash

from schemas import BadEvent, decode
from stream_app.bench.stopwatch import Stopwatch
from stream_app.journeys.journey import Journey
from stream_app.journeys.machine import Machine
from stream_app.measures.aggregate import AGGREGATES
from stream_app.measures.measure import Kind
from stream_app.measures.window import Window, retentions
from stream_app.policies import Policies
from stream_app.settings import Settings, load

MINUTE_MS = 60_000


def plain_app(settings: Settings, name: str) -> faust.App:
    """Return a Faust app with the settings that its documentation starts from."""
    return faust.App(
        f"{settings.app_id}-{name}",
        broker=f"kafka://{settings.brokers}",
        store="memory://",
        topic_partitions=settings.partitions,
        topic_allow_declare=True,
        table_standby_replicas=0,
        broker_session_timeout=settings.session_timeout,
        producer_max_batch_size=1 if settings.one_record_batches else 16_384,
        web_enabled=False,
    )


def catalogue(settings: Settings, watch: Stopwatch) -> faust.App:
    """Fold the whole catalogue, one event and one table entry at a time."""
    app = plain_app(settings, "catalogue")
    source = app.topic(
        settings.relationships_topic, value_type=bytes, value_serializer="raw", key_type=bytes, key_serializer="raw"
    )
    journeys = app.Table("journeys", key_type=bytes, value_type=bytes)
    cells = app.Table("cells", key_type=bytes, value_type=bytes)
    machine = Machine(Policies())
    policies = machine.policies
    panes = [kept.pane for kept in retentions(map(Window.parse, policies.windows), policies.lateness_ms)]

    def add(emission: Any) -> None:
        measure, at, value, dims, labels, weight = emission
        sizes = [measure.grain] if measure.kind is Kind.STOCK else [pane.size for pane in panes]
        named = [("", ""), *((by, label) for by, label in zip(measure.by, labels, strict=True) if label)]
        for by, label in named:
            for size in sizes:
                key = json.dumps([measure.name, dims, by, label, size, at // size]).encode()
                stored = cells.get(key)
                kind = AGGREGATES[measure.kind]
                aggregate = kind() if stored is None else kind.unpack(stored)
                aggregate.add(value, weight)
                cells[key] = aggregate.pack()

    @app.agent(source)
    async def fold(stream: faust.StreamT[Any]) -> None:
        async for key, value in stream.items():
            watch.start()
            try:
                event = decode(value)
            except BadEvent:
                watch.count(1)
                continue
            name = bytes(key).decode()
            journey = Journey(name, machine, journeys.get(key))
            fact_id = xxhash.xxh3_64_digest(f"{event.source}|{event.id}".encode())
            if not journey.knows(fact_id):
                change = journey.fold(event, machine.plans[event.type], fact_id)
                for emission in change.emissions:
                    add(emission)
                for clock_name, clock in change.clocks:
                    clock_key = clock_name.encode()
                    if clock is not None:
                        cells[clock_key] = clock
                    elif clock_key in cells:
                        del cells[clock_key]
                journeys[key] = journey.pack()
            watch.count(1)

    return app


def response(settings: Settings, watch: Stopwatch) -> faust.App:
    """Fold lead response time per channel and minute: a start per lead, then a count, a sum and buckets."""
    app = plain_app(settings, "response")
    source = app.topic(settings.relationships_topic, value_type=bytes, value_serializer="raw")
    waiting = app.Table("waiting")
    minutes = app.Table("minutes")

    @app.agent(source)
    async def fold(stream: faust.StreamT[Any]) -> None:
        async for value in stream:
            watch.start()
            try:
                event = json.loads(value)
                kind, who, data = event["type"], event["subject"], event["data"]
                at = int(datetime.fromisoformat(event["time"]).timestamp() * 1000)
            except (ValueError, KeyError):
                watch.count(1)
                continue
            if kind == "crm.lead.created.v1":
                if waiting.get(who) is None:
                    waiting[who] = [at, data["channel"]]
            elif kind == "crm.interaction.logged.v1" and data["direction"] == "out" and not data.get("automated"):
                started = waiting.get(who)
                if started is not None:
                    key = f"{started[1]}|{at // MINUTE_MS}"
                    count, total, buckets = minutes.get(key) or [0, 0, {}]
                    wait = at - started[0]
                    bucket = str(wait.bit_length())
                    minutes[key] = [count + 1, total + wait, {**buckets, bucket: buckets.get(bucket, 0) + 1}]
                    waiting[who] = None
            watch.count(1)

    return app


def main() -> None:
    """Run one of the two until it has seen so many records."""
    work, records, report = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    make = {"catalogue": catalogue, "response": response}[work]
    sys.argv = sys.argv[:1]
    make(load(), Stopwatch(records, report)).Worker(loglevel="ERROR").execute_from_commandline()


if __name__ == "__main__":
    main()
