"""What holds for every file of the repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
LONGER: dict[str, str] = {}
"""Modules that may be longer, each with its reason."""

# Built from parts, so that this file does not contain what it forbids.
REGISTRY_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "repo1." + "maven",
    "maven." + "org/maven2",
]
MACHINE_PATHS = ["/" + "root/", "/" + "tmp/w", "/" + "work/", "/" + "home/"]
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}


def tracked() -> list[Path]:
    """Return every file that git tracks."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[Path]:
    return [path for path in tracked() if b"\0" not in path.read_bytes()[:4096]]


def sources() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"stream_app", "schemas"}
    ]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_repository_has_its_own_source():
    """The tests below look at something."""
    assert len(sources()) > 20


def test_no_module_is_long():
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES and name not in LONGER} == {}
    assert all(lengths[name] > MOST_LINES for name in LONGER), "an exception that is no longer needed"


@pytest.mark.parametrize("path", sources(), ids=named)
def test_a_module_opens_with_a_sentence(path):
    assert re.match(r'("""|r""").+', path.read_text(encoding="utf-8")), "the first line is its docstring"


def test_no_file_is_a_grab_bag():
    assert [named(path) for path in tracked() if GRAB_BAGS & {part.removesuffix(".py") for part in path.parts}] == []


def test_no_file_names_a_package_registry_or_a_path_of_some_machine():
    found = []
    for path in texts():
        if path.name == "LICENSE" or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{named(path)}: {word}" for word in REGISTRY_HOSTS + MACHINE_PATHS if word in text]
    assert found == []


def test_no_file_is_left_unfinished():
    mark = re.compile(r"\b(?:" + "TO" + "DO|FIX" + "ME|XX" + r"X)\b")
    ours = [path for path in texts() if path.suffix in {".py", ".yml", ".toml", ".md"} and path != Path(__file__)]
    assert [
        named(path) for path in ours if mark.search(path.read_text(encoding="utf-8")) and path.name != "pyproject.toml"
    ] == []


def test_generated_output_and_caches_are_not_tracked():
    unwanted = re.compile(r"(^|/)(__pycache__|\.venv|\.mypy_cache|\.hypothesis|dist|build)/|\.pyc$|\.log$")
    assert [named(path) for path in tracked() if unwanted.search(named(path))] == []
