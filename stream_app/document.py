"""A file of settings as text, with the files that it names: read from a disk, or published whole on a topic."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Document:
    """Hold the text of a file, and give the texts of those that it names.

    Attributes:
        text: The whole text.
        source: What it is called in messages: a path, or where it was published.
        files: Texts of the files that it names, by the name that it uses; None where they lie beside it on a disk.
    """

    text: str
    source: str
    files: Mapping[str, str] | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file at *path*.

        Raises OSError and UnicodeDecodeError.
        """
        return cls(path.read_text(encoding="utf-8"), str(path))

    def file(self, name: str) -> str:
        """Return the text of the file that is called *name* in this one.

        Raises OSError and UnicodeDecodeError.
        """
        if self.files is None:
            return (Path(self.source).parent / name).read_text(encoding="utf-8-sig")
        if name not in self.files:
            raise FileNotFoundError(2, "it was not published with it", name)
        return self.files[name]

    def whole(self, *names: str) -> Self:
        """Return the same with the texts of the files called *names* in it.

        Raises OSError and UnicodeDecodeError.
        """
        return type(self)(self.text, self.source, {name: self.file(name) for name in names})
