"""Which series a contribution lands in: the total, and one for each label that it has."""

from stream_app.measures.cell import Identity, Series
from stream_app.measures.cells import Cells, Spots
from stream_app.measures.labels import LabelBook
from stream_app.measures.measure import Kind, Measure

LabelSet = tuple[str | None, ...]
"""A value for each label of `measure.by`, None where the contribution has none."""

_REMEMBERED = 20_000
"""Label sets whose series are remembered from batch to batch."""


class Fans:
    """The series of label sets, remembered while neither series nor places of labels go away."""

    def __init__(self, cells: Cells, labels: LabelBook) -> None:
        self._cells = cells
        self._labels = labels
        self._known: dict[tuple[str, tuple[str, ...], LabelSet], list[Series]] = {}

    def get(
        self, measure: Measure, at: int, dims: tuple[str, ...], labels: LabelSet, offset: int, begin: int
    ) -> list[Series]:
        """Return the series of a new contribution, none if all its panes are gone."""
        if not self.spots(measure, at // measure.grain):
            return []
        key = (measure.name, dims, labels)
        fan = self._known.get(key)
        if fan is None:
            fan = self._known[key] = self.resolve(measure, dims, labels, offset, begin)
        return fan

    def resolve(
        self, measure: Measure, dims: tuple[str, ...], labels: LabelSet, offset: int, begin: int
    ) -> list[Series]:
        """Return the series as of the record at `offset`, of a batch that begins at `begin`.

        ValueError if labels and declaration differ.
        """
        if len(dims) != len(measure.dims) or len(labels) != len(measure.by):
            raise ValueError(
                f"measure {measure.name!r} has dims {measure.dims} and labels {measure.by}, not {dims} and {labels}"
            )
        identities: list[Identity] = [(measure.name, dims, "", "")]
        for label, value in zip(measure.by, labels, strict=True):
            if value:
                shown = self._labels[label].resolve(value, offset, begin)
                identities.append((measure.name, dims, label, shown))
        return [self._cells.series(measure, identity) for identity in identities]

    def spots(self, measure: Measure, grain: int) -> Spots:
        """Return the places in a series that a slice of time lands in."""
        return ((0, grain),) if measure.kind is Kind.STOCK else self._cells.spots(grain)

    def prune(self, *, stale: bool) -> None:
        """Forget what is remembered if it is stale, or too much."""
        if stale or len(self._known) > _REMEMBERED:
            self._known = {}
