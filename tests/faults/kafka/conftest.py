"""A broker that the fault tests may break, with proxies before its doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.brokers import KafkaBroker
from tests.e2e.conftest import system
from tests.engine.conftest import installation, worker
from tests.faults.kafka.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["installation", "system", "worker"]

DOORS = 4
"""Three workers and a board can each have a network of their own."""


ACCESS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}
"""Everybody may do everything, until a test adds an ACL for a topic."""


@pytest.fixture(scope="session")
def _broken_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(tmp_path_factory.mktemp("broken-kafka"), doors=DOORS, users={"pulse": "right"}, **ACCESS)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def _proxies(_broken_kafka: KafkaBroker) -> Iterator[list[Proxy]]:
    proxies = [Proxy(door) for door in _broken_kafka.doors]
    yield proxies
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def broker(_broken_kafka: KafkaBroker) -> Iterator[KafkaBroker]:
    """The broker of all tests here; it runs again when a test that broke it is over."""
    _broken_kafka.restore()
    yield _broken_kafka
    _broken_kafka.restore()


@pytest.fixture
def proxies(_proxies: list[Proxy], broker: KafkaBroker) -> Iterator[list[Proxy]]:  # noqa: ARG001 - runs first
    """The proxies before the broker's doors; each has an address, and no faults when the test begins."""
    yield _proxies
    for proxy in _proxies:
        proxy.heal()


@pytest.fixture
def proxy(proxies: list[Proxy]) -> Proxy:
    """The first of the proxies."""
    return proxies[0]
