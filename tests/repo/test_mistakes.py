"""Mistakes on the command line end with a sentence that says what to do, never with a traceback."""

import pytest
from typer.testing import CliRunner

from stream_app import __main__, cli
from stream_app.errors import UserError


def mistake(*words: str) -> UserError:
    """Return the error that a command line ends with."""
    done = CliRunner().invoke(cli.app, list(words))
    assert isinstance(done.exception, UserError), (done.output, done.exception)
    return done.exception


@pytest.mark.parametrize("text", ["24x", "abc", "0d", "-1h"])
def test_a_window_that_is_none(text, tmp_path):
    (tmp_path / "events.jsonl").touch()
    told = mistake("evaluate", str(tmp_path / "events.jsonl"), f"--window={text}")
    assert told.message.startswith(f"--window {text!r}: write a number")


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"# a readme\n", b"\x00\xff"], ids=["empty", "blank", "text", "binary"]
)
def test_a_file_without_events_gives_no_figures(content, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)
    told = mistake("evaluate", str(path))
    assert told.message == f"there are no events in {path}"
    assert "crm-pulse import" in told.hint


def test_ctrl_c_while_a_command_loads_leaves_no_traceback(monkeypatch):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    with pytest.raises(SystemExit) as stopped:
        __main__.main()
    assert stopped.value.code == 130
