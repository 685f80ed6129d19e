"""Fixtures of the rebuild's tests: installations of the engine's tests and whole systems of the end-to-end tests."""

from tests.e2e.conftest import system
from tests.engine.conftest import installation, worker

__all__ = ["installation", "system", "worker"]
