"""After a run with the long ones: a table of the faults, each with what its tests came to."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.faults.catalogue import Results, mentioned

_results = Results()
_started = time.monotonic()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read the numbers that a case names in its id, or else its test's docstring; they travel with its reports."""
    for item in items:
        function = getattr(item, "function", None)
        numbers = mentioned(item.name) or mentioned(getattr(function, "__doc__", None) or "")
        if numbers:
            item.user_properties.append(("faults", numbers))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what became of a test; what it says of itself ("did") once only."""
    if report.when != "call" and report.passed:
        return
    said: dict[str, Any] = dict(report.user_properties)
    remarks = [str(said["did"])] if "did" in said and report.when == "call" else []
    _results.add(said.get("faults", ()), report.nodeid, report.outcome, remarks)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    if config.getoption("--faults-minutes") <= 0 or config.getoption("--collect-only"):
        return
    terminalreporter.section("faults")
    for line in _results.lines():
        terminalreporter.line(line)
    seed = config.getoption("--faults-seed")
    terminalreporter.line(f"seed {seed}; {(time.monotonic() - _started) / 60:.1f} minutes in all")
