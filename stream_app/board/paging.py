"""The addresses of the pages before and after one page of a list."""

from dataclasses import replace
from urllib.parse import urlencode

from stream_app.board.clocks import Query


def next_page(query: Query, total: int) -> str | None:
    """Return the address of the page after the one that *query* asks for; None if it is the last of *total* rows."""
    after = query.offset + query.limit
    return None if not query.limit or after >= total else address(replace(query, offset=after))


def previous_page(query: Query, total: int) -> str | None:
    """Return the address of the page before it, the last one for a question behind the end; None on the first."""
    if not query.limit or not query.offset or not total:
        return None
    return address(replace(query, offset=max(0, min(query.offset, total) - query.limit)))


def address(query: Query) -> str:
    """Return path and query string that ask for exactly what *query* says."""
    asked: list[tuple[str, str]] = [] if query.clocks is None else [("clock", ",".join(query.clocks))]
    asked += query.labels
    if query.state is not None:
        asked.append(("state", query.state))
    asked += [("sort", query.sort), ("limit", str(query.limit)), ("offset", str(query.offset))]
    return f"/api/v1/clocks?{urlencode(asked, safe=',')}"
