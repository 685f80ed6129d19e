"""Next versions of the program: this one's source, edited while it is imported as a release would edit it."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, ModuleType

Edit = tuple[str, str]
"""A piece of source that is there once, and what takes its place."""

_LETTERS = 'LETTERS = Measure("lead_letters", Kind.COUNT, "1", "Leads seen by the next version.", by=_BY)'
MEASURE: dict[str, Sequence[Edit]] = {
    "stream_app.journeys.lead": [
        ("\n\ndef _by(", f"\n{_LETTERS}\n\n\ndef _by("),
        ("    out.append((CREATED,", "    out.append((LETTERS, at, 1, (), _by(rel), 1))\n    out.append((CREATED,"),
        ("        CREATED,\n", "        LETTERS,\n        CREATED,\n"),
    ]
}
"""A measure of leads, counted from now on."""
FIELD: dict[str, Sequence[Edit]] = {
    "stream_app.journeys.lead": [
        ("    rel.channel, rel.campaign = data.", "    rel.letters += 1\n    rel.channel, rel.campaign = data."),
        *MEASURE["stream_app.journeys.lead"],
    ],
    "stream_app.journeys.state": [
        ("    country: str | None = None\n", "    country: str | None = None\n    letters: int = 0\n")
    ],
    "stream_app.journeys.version": [('STATE_VERSION: Final = b"\\x02"', 'STATE_VERSION: Final = b"\\x03"')],
}
"""The same, and a field at the end of what is stored of a relationship; so the state version rises."""


class _Loader(SourceFileLoader):
    """Loads a module from its source with the edits made, past any stored bytecode."""

    def __init__(self, name: str, path: str, edits: Sequence[Edit]) -> None:
        super().__init__(name, path)
        self._edits = edits

    def get_code(self, fullname: str) -> CodeType:
        """Compile the edited source."""
        source = self.get_data(self.path).decode()
        for old, new in self._edits:
            if source.count(old) != 1:
                raise ImportError(f"{fullname} holds {source.count(old)} times what is to be edited: {old!r}")
            source = source.replace(old, new)
        return self.source_to_code(source.encode(), self.path)


class _Finder:
    """Finds the modules that are edited, before anybody else does."""

    def __init__(self, edits: Mapping[str, Sequence[Edit]]) -> None:
        self._edits = edits

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of an edited module, None for any other."""
        if name not in self._edits:
            return None
        found = PathFinder.find_spec(name, path, target)
        assert found is not None
        assert found.origin is not None
        found.loader = _Loader(name, found.origin, self._edits[name])
        return found


def edit(edits: Mapping[str, Sequence[Edit]]) -> None:
    """Let this process import the program with the edits."""
    sys.meta_path.insert(0, _Finder(edits))
