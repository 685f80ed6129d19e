"""Installations of the data and topic faults: all on one real Kafka, each with topics and a group of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.system import System
from tests.engine.conftest import installation, worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["installation", "worker"]


@contextmanager
def _systems(folders: pytest.TempPathFactory) -> Iterator[Callable[..., System]]:
    """Hand out what makes installations; whatever still runs at the end is killed."""
    made: list[System] = []

    def make(brokers: str, **settings: object) -> System:
        made.append(System(folders.mktemp("system"), brokers, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., System]]:
    """Make installations that the tests of a module share."""
    with _systems(tmp_path_factory) as make:
        yield make


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., System]]:
    """Make installations for one test."""
    with _systems(tmp_path_factory) as make:
        yield make
