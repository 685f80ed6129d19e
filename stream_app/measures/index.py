"""Which series have data: by path, and by measure for those who ask what there is."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from stream_app.measures.keys import Path

T = TypeVar("T")


class SeriesIndex(Generic[T]):
    """Series by their path."""

    def __init__(self) -> None:
        self._series: dict[Path, T] = {}
        self._values: dict[str, dict[tuple[tuple[str, ...], str], dict[str, int]]] = {}

    def __len__(self) -> int:
        return len(self._series)

    def get(self, path: Path) -> T | None:
        """Return the series at a path."""
        return self._series.get(path)

    def all(self) -> Iterable[T]:
        """Return every series."""
        return self._series.values()

    def add(self, path: Path, series: T) -> None:
        """Add a series."""
        self._series[path] = series
        values = self._values.setdefault(path.measure, {}).setdefault((path.dims, path.label), {})
        values[path.value] = values.get(path.value, 0) + 1

    def discard(self, path: Path) -> None:
        """Remove a series, which may be in once for each kind of pane."""
        del self._series[path]
        families = self._values[path.measure]
        values = families[path.dims, path.label]
        values[path.value] -= 1
        if not values[path.value]:
            del values[path.value]
        if not values:
            del families[path.dims, path.label]

    def values(self, measure: str, dims: tuple[str, ...], label: str) -> Iterable[str]:
        """Return the values of a label that have data."""
        return self._values.get(measure, {}).get((dims, label), ())

    def dims(self, measure: str) -> set[tuple[str, ...]]:
        """Return the dims that have data."""
        return {dims for dims, _ in self._values.get(measure, {})}
