"""`crm-pulse top`: the wall in a terminal, live."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from stream_app.settings import Settings
    from stream_app.top.asked import Asked
    from stream_app.top.feed import Board

EVERY_SECONDS = 0.5


def top(
    url: Annotated[
        str | None, typer.Option(help="Address of the board.  [default: http:// CRM_PULSE_BOARD_HOST and _PORT]")
    ] = None,
    page: Annotated[
        str | None, typer.Option(help="Page of the wall: now, response, sales, service, marketing, adoption.")
    ] = None,
    window: Annotated[str | None, typer.Option(help="Rolling window, such as 1h.")] = None,
    team: Annotated[str | None, typer.Option(help="This team alone.")] = None,
    channel: Annotated[str | None, typer.Option(help="This channel alone.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Print one frame and leave.")] = False,
) -> None:
    """Watch who waits and what the figures are, over ssh if need be: q leaves, arrows and digits turn the pages.

    A board that asks for a token is shown the one of CRM_PULSE_BOARD_TOKEN or CRM_PULSE_BOARD_TOKEN_FILE.
    """
    from rich.console import Console

    from stream_app.settings import load
    from stream_app.top.asked import Asked
    from stream_app.top.feed import Board, Heard, messages
    from stream_app.top.screen import frame

    asked = Asked(page, window, team, channel)
    given = load()
    board = Board(url or _local(given), given.token_of_the_board or "")
    console = Console()
    if once or not console.is_terminal:
        heard = Heard(next(messages(board, asked.query())))
        console.print(frame(heard, asked.narrowed(), console.width, console.height), soft_wrap=True)
        return
    with suppress(KeyboardInterrupt):
        _watch(console, board, asked)


def _watch(console: Console, board: Board, asked: Asked) -> None:
    from rich.live import Live

    from stream_app.top.feed import Feed
    from stream_app.top.keys import Keys
    from stream_app.top.screen import frame

    feed = Feed(board)
    feed.follow(asked.query())
    with Keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            heard = feed.heard()
            live.update(frame(heard, asked.narrowed(), console.width, console.height), refresh=True)
            key = keys.pressed(EVERY_SECONDS)
            if key == "q":
                return
            turned = asked.after(key, heard.figures)
            if turned != asked:
                asked = turned
                feed.follow(asked.query())


def _local(given: Settings) -> str:
    host = "127.0.0.1" if given.board_host in {"0.0.0.0", "::"} else given.board_host  # noqa: S104  compared, not bound
    return f"http://[{host}]:{given.board_port}" if ":" in host else f"http://{host}:{given.board_port}"
