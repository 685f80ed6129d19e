"""Installations of the data and topic faults: all on one real Kafka, each with topics and a group of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.e2e.system import System
from tests.engine.conftest import installation, worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["installation", "worker"]

_numbers = itertools.count(1)


def _system(folders: pytest.TempPathFactory, brokers: str, settings: dict[str, object]) -> System:
    """Make an installation that shares no topic with another, whatever its number of partitions."""
    number = next(_numbers)
    names = {f"{what}_topic": f"faults-{number}.{what}" for what in ("users", "campaigns")}
    return System(folders.mktemp("system"), brokers, **(names | settings))


@pytest.fixture(scope="module")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., System]]:
    """Make installations that the tests of a module share; whatever still runs at the end is killed."""
    made: list[System] = []

    def make(brokers: str, **settings: object) -> System:
        made.append(_system(tmp_path_factory, brokers, settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., System]]:
    """Make installations for one test."""
    made: list[System] = []

    def make(brokers: str, **settings: object) -> System:
        made.append(_system(tmp_path_factory, brokers, settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
