"""The command line: everything that is documented exists, and everything that exists explains itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from stream_app import cli
from stream_app.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
GROUP = typer.main.get_command(cli.app)


def paths(command, path=()):
    """Yield every command with its words, groups and what they hold."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, (*path, name))


COMMANDS = dict(paths(GROUP))


def test_every_planned_command_is_there():
    assert {path[0] for path in COMMANDS if path} == {entry.name for entry in cli.ENTRIES}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "crm-pulse")
def test_a_command_explains_itself(path):
    command = COMMANDS[path]
    assert command.help or command.callback.__doc__
    for parameter in command.params:
        if parameter.name != "help" and not getattr(parameter, "hidden", False):
            assert getattr(parameter, "help", None), f"{' '.join(path)} {parameter.name} has no help"
    done = CliRunner().invoke(cli.app, [*path, "--help"])
    assert done.exit_code == 0, done.output


def test_help_and_version_do_not_load_kafka_or_faust():
    """Nobody waits a second for --help."""
    code = (
        "import sys, runpy\n"
        "sys.argv = ['crm-pulse', '--version']\n"
        "try: runpy.run_module('stream_app', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'faust', 'confluent_kafka', 'kafka', 'aiokafka', 'aiohttp', 'holidays'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_a_user_error_is_a_sentence_a_hint_and_status_2(monkeypatch, capsys):
    def fail() -> None:
        raise UserError("topic crm.relationships is missing", "Create it with: crm-pulse topics apply")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    shown = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "error: topic crm.relationships is missing" in shown
    assert "crm-pulse topics apply" in shown
    assert "Traceback" not in shown


def documents() -> list[Path]:
    return [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")] + sorted(
        (ROOT / "docs").rglob("*.md")
    )


def examples(text: str) -> list[list[str]]:
    """Return the words after `crm-pulse` in every code span and every console line of a page."""
    spans = re.findall(r"`crm-pulse ([^`\n]+)`", text)
    lines = re.findall(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*crm-pulse ([^\n|>#]+)", text, re.MULTILINE)
    return [found.split() for found in (*spans, *lines)]


def test_examples_are_found():
    text = "Say `crm-pulse topics apply`.\n```console\n$ crm-pulse gen --check\n```\ncrm-pulse is good\n"
    assert examples(text) == [["topics", "apply"], ["gen", "--check"], ["is", "good"]]


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_the_pages_exist(page):
    """What a page tells to type is a command, with options that it has."""
    for words in examples(page.read_text(encoding="utf-8")):
        path: tuple[str, ...] = ()
        while len(path) < len(words) and (*path, words[len(path)]) in COMMANDS:
            path = (*path, words[len(path)])
        assert path or words[0].startswith("-"), f"{page.name} names crm-pulse {words[0]}"
        known = {name for parameter in COMMANDS[path].params for name in getattr(parameter, "opts", [])} | {"--help"}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= known, f"{page.name}: crm-pulse {' '.join(words)}"


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_make_targets_in_the_pages_exist(page):
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = re.findall(r"(?:`|\$ )make ((?:[a-z0-9-]+ ?)+)", page.read_text(encoding="utf-8"))
    assert {target for line in used for target in line.split()} <= targets
