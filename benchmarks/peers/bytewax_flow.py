"""Bytewax: a stateful step by lead, another by window, recovery store on, windows written to Kafka."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main

from benchmarks.peers import mark, work

Keyed = tuple[str, Any]


def parse(record: KafkaSourceMessage[bytes, bytes]) -> Keyed | None:
    """Return an event under its lead's key, or None if the work does not look at it."""
    mark.first()
    event = orjson.loads(record.value)
    return (event["subject"], event) if event["type"] in work.TOUCHES else None


def answered(item: Keyed) -> Keyed | None:
    """Return an answer's wait under the key of its window, or None where there was no answer."""
    answer = item[1]
    return None if answer is None else (f"{answer[0]}|{answer[1]}", answer[2])


def count(window: dict[str, Any] | None, wait: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a window with one more wait: as state, and to send on."""
    added = work.add(window, wait)
    return added, added


def sent(item: Keyed) -> KafkaSinkMessage[bytes, bytes]:
    """Return a window as a record."""
    return KafkaSinkMessage(item[0].encode(), json.dumps(item[1]).encode())


def create_flow() -> Dataflow:
    """Return the dataflow."""
    flow = Dataflow("lead_response")
    brokers = [mark.BROKERS]
    records = op.input("events", flow, KafkaSource(brokers, [mark.TOPIC], tail=False, batch_size=1_000))
    events = op.filter_map("parse", records, parse)
    steps = op.stateful_map("follow", events, work.follow)
    waits = op.filter_map("answered", steps, answered)
    windows = op.stateful_map("count", waits, count)
    kop.output("windows", op.map("sent", windows, sent), brokers=brokers, topic=mark.OUTPUT)
    return flow


def main() -> None:
    """Read the topic to its end."""
    store = mark.FOLDER / "recovery"
    store.mkdir()
    init_db_dir(store, 1)
    cluster_main(create_flow(), [], 0, epoch_interval=timedelta(seconds=1), recovery_config=RecoveryConfig(str(store)))


if __name__ == "__main__":
    main()
