"""The document: generated parts of a Markdown file between markers, written anew without touching the rest."""

from __future__ import annotations

from pathlib import Path


class NoMarkerError(ValueError):
    """The file has no such part."""


def replaced(text: str, part: str, content: str) -> str:
    """Return the text with the content of a part replaced.

    A part stands between ``<!-- part -->`` and ``<!-- /part -->``; NoMarkerError if either is missing.
    """
    start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise NoMarkerError(f"no {start} ... {end}")
    return f"{before}{start}\n{content.strip()}\n{end}{after}"


def write(path: Path, **parts: str) -> None:
    """Replace parts of a file."""
    text = path.read_text(encoding="utf-8")
    for part, content in parts.items():
        text = replaced(text, part, content)
    path.write_text(text, encoding="utf-8")
