"""Line and column of each key in a TOML text, so that a mistake can be pointed at."""

import re
from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document, such as ``("funnels", "sales", "steps", 2)``."""

Place = tuple[int, int]
"""Line and column, both from 1."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE = re.compile(rf"[ \t]*(\[\[?)\s*({_DOTTED})\s*\]\]?")  # [file.columns] or [[file]]
_ENTRY = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=[ \t]*")  # origin = "string"
# What a value is made of, as far as its end and its list items matter. Long strings come first.
_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{},\n]|[^\s\[\]{},#"\']+',
    re.DOTALL,
)


class Places:
    """Know where each key and list item of a document stands."""

    def __init__(self, text: str) -> None:
        """Read *text*, which must be valid TOML."""
        self._text = text
        self._found: dict[Path, int] = {(): 0}
        self._lists: dict[Path, int] = {}
        table: Path = ()
        at = 0
        while at < len(text):
            if head := _TABLE.match(text, at):
                table = self._open(_split(head[2]), is_list=head[1] == "[[")
                self._found.setdefault(table, head.start(2))
            elif entry := _ENTRY.match(text, at):
                path = table + _split(entry[1])
                self._found.setdefault(path, entry.start(1))
                at = self._skip_value(path, entry.end())
            line_end = text.find("\n", at)
            at = len(text) if line_end < 0 else line_end + 1

    def of(self, path: Sequence[str | int]) -> Place:
        """Return the place of *path*, or of the nearest table or key around it."""
        length = next(length for length in range(len(path), -1, -1) if tuple(path[:length]) in self._found)
        at = self._found[tuple(path[:length])]
        # A key inside an inline table is looked for on the rest of the line.
        line = self._text[at : (self._text + "\n").index("\n", at)]
        for name in path[length:]:
            inside = re.search(rf"""["']?\b{re.escape(str(name))}\b["']?\s*=""", line)
            if isinstance(name, str) and inside:
                at += inside.start()
                line = line[inside.start() :]
        return self._text.count("\n", 0, at) + 1, at - (self._text.rfind("\n", 0, at) + 1) + 1

    def _skip_value(self, path: Path, start: int) -> int:
        """Return where the value at *start* ends, noting the items of a list on the way."""
        depth, item, fresh = 0, 0, False
        is_list = self._text.startswith("[", start)
        for piece, at in _pieces(self._text, start):
            if piece == "\n":
                if depth == 0:
                    return at
                continue
            if is_list and depth == 1 and fresh and piece not in {"]", ","}:
                self._found.setdefault((*path, item), at)
                fresh = False
            if piece in {"[", "{"}:
                depth += 1
                fresh = fresh or depth == 1
            elif piece in {"]", "}"}:
                depth -= 1
            elif piece == "," and depth == 1:
                item, fresh = item + 1, True
        return len(self._text)

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


def _pieces(text: str, start: int) -> Iterator[tuple[str, int]]:
    for match in _PIECE.finditer(text, start):
        if not match[0].startswith("#"):
            yield match[0], match.start()


def _split(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_NAME, dotted))
