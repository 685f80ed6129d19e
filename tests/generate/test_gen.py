"""`crm-pulse gen` writes what is stale, names it, and is silent when all is fresh."""

import json

import pytest
from typer.testing import CliRunner

from stream_app import cli
from stream_app.errors import UserError
from stream_app.generate import files

WANTED = {"docs/kpis.md": "one\n", "grafana/dashboards/CRM/wall.json": "{}\n"}


@pytest.fixture(name="root")
def _root(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(files, "generated_files", lambda: WANTED)
    return tmp_path


def run(*words):
    return CliRunner().invoke(cli.app, ["gen", *map(str, words)])


def test_everything_is_missing_at_first(root):
    assert files.stale(root, WANTED) == dict.fromkeys(WANTED, "missing")


def test_what_was_written_is_fresh(root):
    assert files.write(root, WANTED) == dict.fromkeys(WANTED, "missing")
    assert files.stale(root, WANTED) == {}
    assert (root / "docs/kpis.md").read_text() == "one\n"


def test_an_edit_and_a_left_over_are_stale_and_other_files_are_not_ours(root):
    files.write(root, WANTED)
    (root / "docs/kpis.md").write_text("edited")
    (root / "docs/other.md").write_text("by hand")
    left = root / "grafana/dashboards/CRM/old.json"
    left.write_text("{}")

    assert files.stale(root, WANTED) == {
        "docs/kpis.md": "out of date",
        "grafana/dashboards/CRM/old.json": "left over",
    }
    files.write(root, WANTED)
    assert not left.exists()
    assert (root / "docs/other.md").exists()


def test_the_check_names_stale_files_and_the_fix_and_writes_nothing(root):
    done = run("--check", "--root", root)
    assert done.exit_code == 1
    assert "missing: docs/kpis.md" in done.output
    assert "make gen" in done.output
    assert not (root / "docs").exists()


def test_the_check_passes_after_a_run(root):
    assert run("--root", root).exit_code == 0
    done = run("--check", "--root", root)
    assert done.exit_code == 0
    assert "all fresh" in done.output


def test_json(root):
    assert json.loads(run("--check", "--json", "--root", root).output)["stale"] == dict.fromkeys(WANTED, "missing")


def test_another_folder_is_refused(tmp_path):
    done = run("--root", tmp_path)
    assert isinstance(done.exception, UserError)
    assert "not the crm-pulse repository" in done.exception.message


def test_generated_files_of_this_repository_are_fresh():
    """The same as `crm-pulse gen --check`; run `make gen` when it fails."""
    from pathlib import Path

    assert files.stale(Path(__file__).resolve().parents[2], files.generated_files()) == {}
