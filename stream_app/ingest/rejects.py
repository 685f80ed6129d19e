"""Rows that cannot become events: counted by reason, and written down so that they can be mended."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from stream_app.errors import UserError


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was left out.

    Attributes:
        file: The export it stands in.
        line: Line where the row begins, from 1 (the header is line 1).
        column: Header name of the cell at fault, empty where it is the row as a whole.
        reason: Reason code.
        message: What is wrong and what was expected.
    """

    file: Path
    line: int
    column: str
    reason: str
    message: str


class Rejects:
    """Counts rejects by reason and appends them to a CSV file, which exists only if there are any."""

    def __init__(self, path: Path | None) -> None:
        """Write to *path*; ``None`` only counts."""
        self.path = path
        self.by_reason: Counter[str] = Counter()
        self.first: dict[str, Reject] = {}
        self._file: IO[str] | None = None
        self._writer: Any = None

    @property
    def total(self) -> int:
        """Return how many rows were left out."""
        return self.by_reason.total()

    def add(self, reject: Reject) -> None:
        """Count *reject*, keep the first of each reason as its example, and write it down."""
        self.by_reason[reject.reason] += 1
        self.first.setdefault(reject.reason, reject)
        if self.path is None:
            return
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                self._writer = csv.writer(self._file)
                self._writer.writerow(("file", "line", "column", "reason", "message"))
            self._writer.writerow((reject.file, reject.line, reject.column, reject.reason, reject.message))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UserError:
        """Return the error of rows that cannot be written down: they must not be left out unseen."""
        reason = os.strerror(error.errno) if error.errno else str(error)
        return UserError(
            f"the rows left out cannot be written to {self.path}: {reason}",
            "Choose another file with --rejects and run the command again: event ids make a second import harmless.",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as failed:
            if error is None:
                raise self._unwritable(failed) from failed
