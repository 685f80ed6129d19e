"""Line and column of a key in a TOML text, so that a mistake can be pointed at."""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document, such as ``("file", 0, "columns", "origin")``."""

Place = tuple[int, int]
"""Line and column, both from 1."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE = re.compile(rf"^\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")  # [file.columns] or [[file]]
_ENTRY = re.compile(rf"^\s*({_DOTTED})\s*=")  # origin = "string"
_QUOTES = ('"""', "'''")


class Places:
    """Where each key of a document stands."""

    def __init__(self, text: str) -> None:
        """Read *text*, which must be valid TOML."""
        self._lines = text.splitlines()
        self._found: dict[Path, Place] = {(): (1, 1)}
        self._lists: dict[Path, int] = {}
        table: Path = ()
        closing = ""
        for number, line in enumerate(self._lines, 1):
            if closing:
                closing = "" if closing in line else closing
            elif head := _TABLE.match(line):
                table = self._open(_split(head[2]), is_list=head[1] == "[[")
                self._found.setdefault(table, (number, head.start(2) + 1))
            elif entry := _ENTRY.match(line):
                path = table + _split(entry[1])
                self._found.setdefault(path, (number, entry.start(1) + 1))
                closing = next((q for q in _QUOTES if line.count(q) == 1), "")

    def of(self, path: Sequence[str | int]) -> Place:
        """Return the place of *path*, or of the nearest table or key around it.

        A key inside an inline table is looked for on the line of that table.
        """
        for length in range(len(path), -1, -1):
            place = self._found.get(tuple(path[:length]))
            if place is None:
                continue
            line = self._lines[place[0] - 1] if self._lines else ""
            for name in path[length:]:
                inside = re.compile(rf"""["']?\b{re.escape(str(name))}\b["']?""").search(line, place[1])
                if isinstance(name, str) and inside:
                    place = (place[0], inside.start() + 1)
            return place
        return (1, 1)

    def _open(self, names: Path, *, is_list: bool) -> Path:
        """Return the full path of a table header, with the list positions that TOML leaves out."""
        path: Path = ()
        for depth, name in enumerate(names, 1):
            path = (*path, name)
            if is_list and depth == len(names):
                self._lists[path] = self._lists.get(path, -1) + 1
            if path in self._lists:
                path = (*path, self._lists[path])
        return path


def _split(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_NAME, dotted))
