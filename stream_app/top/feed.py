"""What a board says of one page of its wall: its stream of server-sent events, read with nothing but the library."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from stream_app.errors import UserError

QUIET_SECONDS = 15.0
"""A board says something every ten seconds."""
RETRY_SECONDS = 2.0


class AwayError(UserError):
    """Nothing that answers like a board is there; it may come back."""


class RefusedError(UserError):
    """The board answers and does not know what it was asked for."""


@dataclass(frozen=True, slots=True)
class Board:
    """Where a board is.

    Attributes:
        url: Its address, as in a browser.
        token: What it wants to be shown, if anything.
    """

    url: str
    token: str = field(default="", repr=False)


def messages(board: Board, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the figures of a page, whenever there are new ones, until the board ends the stream.

    Raises:
        AwayError: Nobody answers, or not as a board does.
        RefusedError: The board refuses the question.
    """
    connection, path = _connect(board.url)
    headers = {"Accept": "text/event-stream"} | ({"Authorization": f"Bearer {board.token}"} if board.token else {})
    try:
        connection.request("GET", f"{path}/api/v1/wall?{urlencode(query)}", headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise _refused(board.url, answer)
        for line in answer:
            if line.startswith(b"data: "):
                yield _printable(json.loads(line.removeprefix(b"data: ")))
    except (OSError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise AwayError(
            f"the board at {board.url} does not answer: {said}",
            "Start one with crm-pulse board or crm-pulse demo, or say where it is with --url.",
        ) from error
    finally:
        connection.close()


def _connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(f"--url {url!r} is no address of a board", "Write it like http://127.0.0.1:8000.")
    if parts.scheme == "https":
        secure = ssl.create_default_context()
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=QUIET_SECONDS, context=secure
        ), parts.path.rstrip("/")
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=QUIET_SECONDS), parts.path.rstrip("/")


def _refused(url: str, answer: http.client.HTTPResponse) -> UserError:
    try:
        body = _printable(json.loads(answer.read(100_000)))
        message, hints = str(body["message"]), [str(body.get("hint") or "")]
        hints += [f"Did you mean {one}?" for one in body.get("suggestions", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return AwayError(f"{url} answers {answer.status} and is no board", "Say where the board is with --url.")
    kind = AwayError if answer.status >= 500 else RefusedError
    return kind(message, " ".join(filter(None, hints)))


def _printable(value: Any) -> Any:
    """Return JSON without characters that would steer a terminal: labels are other people's words."""
    if isinstance(value, str):
        return value if value.isprintable() else "".join(one if one.isprintable() else "?" for one in value)
    if isinstance(value, list):
        return [_printable(one) for one in value]
    if isinstance(value, dict):
        return {_printable(key): _printable(one) for key, one in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known now.

    Attributes:
        figures: The last message; ``None`` before the first.
        age: Seconds since it came.
        trouble: Why nothing newer comes, if so.
    """

    figures: dict[str, Any] | None = None
    age: float = 0.0
    trouble: UserError | None = None


class Feed:
    """Follows one page at a time in a thread of its own, and connects anew when the board went away."""

    def __init__(self, board: Board) -> None:
        """Take where the *board* is; nothing is read before `follow`."""
        self._board = board
        self._turn = 0
        self._lock = threading.Lock()
        self._figures: dict[str, Any] | None = None
        self._came = 0.0
        self._trouble: UserError | None = None

    def follow(self, query: Mapping[str, str]) -> None:
        """Read this page from now on; the figures of the one before stay until the first new ones."""
        with self._lock:
            self._turn += 1
            self._trouble = None
            turn = self._turn
        threading.Thread(target=self._read, args=(turn, dict(query)), daemon=True).start()

    def heard(self) -> Heard:
        """Return what is known."""
        with self._lock:
            return Heard(self._figures, time.monotonic() - self._came, self._trouble)

    def _read(self, turn: int, query: dict[str, str]) -> None:
        while self._is(turn):
            trouble: UserError = AwayError(f"the board at {self._board.url} has ended its stream", "")
            try:
                for figures in messages(self._board, query):
                    if not self._take(turn, figures):
                        return
            except UserError as error:
                trouble = error
            with self._lock:
                if turn == self._turn:
                    self._trouble = trouble
            if isinstance(trouble, RefusedError):
                return
            time.sleep(RETRY_SECONDS)

    def _take(self, turn: int, figures: dict[str, Any]) -> bool:
        with self._lock:
            if turn != self._turn:
                return False
            self._figures, self._came, self._trouble = figures, time.monotonic(), None
            return True

    def _is(self, turn: int) -> bool:
        with self._lock:
            return turn == self._turn
