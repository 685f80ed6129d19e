"""Every fault of the catalogue has a test that names it, and the table says what became of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.faults.catalogue import BY_HTTP, NAMES, Results, mentioned

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("(fault 1) killed", [1], id="one"),
        pytest.param("(fault 8) (fault 2)", [2, 8], id="two"),
        pytest.param("(faults 5, 6) joins", [5, 6], id="list"),
        pytest.param("(faults 1 to 3, 34, 38)", [1, 2, 3, 34, 38], id="range and list"),
        pytest.param("broken[fault 12: half-open]", [12], id="id of a case"),
        pytest.param("default 3, by 40 faults", [], id="none"),
    ],
)
def test_the_numbers_of_a_text(text, numbers):
    assert mentioned(text) == numbers


def test_no_fault_is_without_a_test():
    named = set()
    for path in [
        *TESTS.glob("faults/**/test_*.py"),
        *TESTS.glob("evolution/test_*.py"),
        *TESTS.glob("rebuild/test_*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named |= set(mentioned(ast.get_docstring(node) or ""))
    assert set(NAMES) - named == BY_HTTP


def test_a_table_names_what_failed_and_what_was_not_tested():
    results = Results()
    results.add([1, 2], "a.py::test_kill", "passed", ["300 runs"])
    results.add([2], "a.py::test_commit", "passed")
    results.add([2], "a.py::test_commit", "failed")
    results.add([2], "a.py::test_commit", "passed")
    lines = [line.split("  ") for line in results.lines()]
    by_number = {line[-1] for line in lines[1:3]}
    assert by_number == {"1 passed, 300 runs", "1 passed, 1 failed, test_commit, 300 runs"}
    assert lines[3][0].startswith("not tested in this run: 3, 4, 5")
    assert "25" not in lines[3][0].split(", ")
