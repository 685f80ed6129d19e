"""Fixtures of the engine's tests."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING

import pytest

from stream_app.settings import Settings, load
from tests.engine.log import make_topics
from tests.engine.worker_process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.kafka.proxy import Proxy

_numbers = itertools.count(1)
_run = uuid.uuid4().hex[:6]
"""Makes names new in every run, for a broker that outlives it."""


@pytest.fixture
def installation() -> Callable[..., Settings]:
    """Make topics and settings of an installation of its own on a broker."""

    def make(brokers: str, **overrides: object) -> Settings:
        name = f"{_run}-{next(_numbers)}"
        values = {
            "app_id": f"counting-{name}",
            "relationships_topic": f"events-{name}",
            "users_topic": f"users-{name}",
            "campaigns_topic": f"campaigns-{name}",
            "dead_letters_topic": f"dead-{name}",
            "session_timeout": 6,
            "commit_interval": 0.5,
        }
        settings = load(brokers=brokers, **(values | overrides))
        make_topics(settings)
        return settings

    return make


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Make worker processes from settings; whatever still runs at the end is killed.

    ``through`` is a proxy that the worker reaches its broker by.
    """
    started: list[WorkerProcess] = []

    def make(
        settings: Settings, name: str = "worker", *, through: Proxy | None = None, **more: object
    ) -> WorkerProcess:
        values = settings.model_dump(exclude_defaults=True, exclude={"brokers"}) | more
        address = settings.brokers if through is None else through.address
        process = WorkerProcess(tmp_path / f"{name}.log", brokers=address, **values)
        started.append(process)
        return process

    yield make
    for process in started:
        process.close()
