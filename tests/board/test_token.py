"""The token of the board as a setting: in a variable or in a file, refused at start if it could never be shown."""

import json

import pytest
from structlog.testing import capture_logs

from stream_app.board.server import Options, entrance_of
from stream_app.board.succession import Source
from stream_app.commands.config import MASK, rows
from stream_app.errors import UserError
from stream_app.measures.read_model import ReadModel
from stream_app.settings import load

TOKEN = "0123456789abcdef"


@pytest.fixture
def written(tmp_path, monkeypatch):
    def write(text: str):
        (tmp_path / "token").write_text(text)
        monkeypatch.setenv("CRM_PULSE_BOARD_TOKEN_FILE", str(tmp_path / "token"))

    return write


def test_without_either_the_board_asks_nobody():
    assert load().token_of_the_board is None


@pytest.mark.parametrize("text", [TOKEN, f"{TOKEN}\n", "Aa0-._~+/Aa0-._~+/=="])
def test_the_token_is_what_the_file_says(written, text):
    written(text)
    assert load().token_of_the_board == text.strip()


def test_it_is_shown_nowhere(monkeypatch):
    monkeypatch.setenv("CRM_PULSE_BOARD_TOKEN", TOKEN)
    settings = load()
    assert settings.token_of_the_board == TOKEN
    assert TOKEN not in repr(settings)
    shown = {row["variable"]: row["value"] for row in rows(settings)}
    assert shown["CRM_PULSE_BOARD_TOKEN"] == MASK
    assert TOKEN not in json.dumps(shown)


@pytest.mark.parametrize("token", ["", "short", f"{TOKEN} {TOKEN}", f"{TOKEN}é", f"{TOKEN}\nX: y", "=" * 20])
def test_what_fits_no_header_stops_the_start_and_is_not_repeated(monkeypatch, written, token):
    monkeypatch.setenv("CRM_PULSE_BOARD_TOKEN", token)
    with pytest.raises(UserError, match="CRM_PULSE_BOARD_TOKEN: a token has 16 letters") as refused:
        load()
    assert not token or token not in refused.value.message
    monkeypatch.delenv("CRM_PULSE_BOARD_TOKEN")
    written(token)
    with pytest.raises(UserError, match="in the file: a token has 16 letters"):
        load()


def test_a_file_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("CRM_PULSE_BOARD_TOKEN_FILE", str(tmp_path / "nothing"))
    with pytest.raises(UserError, match="there is no such file"):
        load()


def test_two_tokens_are_one_too_many(monkeypatch, written):
    monkeypatch.setenv("CRM_PULSE_BOARD_TOKEN", TOKEN)
    written(TOKEN)
    with pytest.raises(UserError, match="write one of them"):
        load()


@pytest.mark.parametrize(
    ("host", "token", "warned"),
    [
        pytest.param("127.0.0.1", None, False, id="loopback"),
        pytest.param("0.0.0.0", None, True, id="public, and nobody is asked"),
        pytest.param("0.0.0.0", TOKEN, False, id="public, with a token"),
        pytest.param("127.0.0.1", TOKEN, False, id="loopback, with a token"),
    ],
)
def test_a_board_asks_for_its_token_and_warns_where_it_has_none(host, token, warned):
    options = Options(host, 0, {}, Source(1, ()), lambda: ReadModel([], {}), {}, token=token)
    assert TOKEN not in repr(options)
    with capture_logs() as lines:
        entrance = entrance_of(options)
    assert (entrance is not None) is (token is not None)
    assert [line["log_level"] for line in lines] == ["warning"] * warned
