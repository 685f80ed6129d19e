"""The broker of the benchmarks: the tests' real Apache Kafka, which cleans nothing up unless it is asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stream_app.errors import UserError
from tests.brokers import KAFKA, KafkaBroker

VERSION = KAFKA.rpartition(":")[2]


@contextmanager
def running(folder: Path, *, compacting: bool = False) -> Iterator[str]:
    """Run a broker with its data under *folder* and yield its address; UserError says what the machine lacks.

    A race reads its results from the logs, so nothing may be compacted there.
    """
    # Event times are long past, so nothing may expire.
    kept: dict[str, Any] = {"log.retention.ms": "-1", "log.cleaner.enable": str(compacting).lower()}
    if compacting:
        kept["log.cleaner.backoff.ms"] = "500"
    try:
        broker = KafkaBroker(folder, **kept)
        broker.start()
    except (pytest.skip.Exception, pytest.fail.Exception) as error:
        raise UserError(str(error), "The benchmarks need Java 17 and Maven.") from error
    try:
        yield broker.address
    finally:
        broker.stop()
