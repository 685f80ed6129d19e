"""The wheel: builds, holds the static files, and runs from an environment that has nothing else."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def package_files() -> set[str]:
    """Return what git tracks below the two packages."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "stream_app", "schemas"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return {name for name in done.stdout.split("\0") if name}


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in package_files() if (ROOT / name).is_file()} - inside == set()
    assert any(name.endswith(".html") for name in inside), "the board's page"


def test_the_wheel_holds_nothing_else(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"stream_app", "schemas"}


def test_the_command_runs_from_an_empty_environment(wheel, tmp_path):
    """A dependency that is used at run time and not declared shows here."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    subprocess.run(
        [home / "bin/python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel],
        check=True,
        timeout=240,
    )
    for words in (["--help"], ["--version"], ["config", "--help"]):
        done = subprocess.run(
            [home / "bin/crm-pulse", *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    modules = (
        "import stream_app.app, stream_app.board, stream_app.engine, stream_app.ingest, stream_app.simulate, schemas"
    )
    done = subprocess.run(
        [home / "bin/python", "-c", modules], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
