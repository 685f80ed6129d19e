"""A KPI in pieces, one for each cut, so that only those are computed anew under which something has moved."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from math import isfinite

from stream_app.kpis.kpi import Kpi, Sample
from stream_app.measures.read_model import ReadModel
from stream_app.measures.reads import Rests


class SampleError(ValueError):
    """A KPI emitted samples that cannot be published."""


class Names:
    """Which series some samples are of: pieces that share this very object are of the same ones, in the same order."""

    __slots__ = ()


class Piece:
    """Samples that were computed together; it does not change.

    Attributes:
        samples: The samples.
        names: Which series they are of.
        rests: What the model was asked for.
        version: What that was at; None where it changes with every record.
    """

    __slots__ = ("names", "rests", "samples", "version")

    def __init__(self, samples: tuple[Sample, ...], names: Names, rests: Rests, version: int | None) -> None:
        self.samples = samples
        self.names = names
        self.rests = rests
        self.version = version


class Pieces:
    """One computation of a KPI: the `Memory` of the model that it is computed from.

    A piece is kept while nothing of what was asked for within its cut has changed. What a KPI yields between its cuts
    is computed each time.

    Attributes:
        made: In the order of their samples.
        places: By place, for the next time.
        formula: Which of several formulas is computed; a part of the place.
    """

    def __init__(self, view: ReadModel, known: Mapping[Hashable, Piece]) -> None:
        self.made: list[Piece] = []
        self.places: dict[Hashable, Piece] = {}
        self.formula = 0
        self._rests: list[Rests] = []
        self._known = known
        self._reads = view.recording()
        self._version = view.version
        self._view = view.remembering(self)
        self._place: Hashable = None
        self._samples: list[Sample] = []
        self._between = 0
        self._twice: set[Hashable] = set()
        self._unseen = False

    def compute(self, kpi: Kpi) -> tuple[Sample, ...]:
        """Return every number of *kpi*, with what was kept.

        Raises:
            SampleError: A value is not finite, or one series appears twice.
        """
        found = self._samples
        for sample in kpi.compute.samples(kpi, self._view):
            found.append(sample)
        self._end()
        for place in self._twice:  # nobody knows which of them is asked for first the next time
            del self.places[place]
        every = tuple(chain.from_iterable([piece.samples for piece in self.made]))
        if self._unseen:
            refuse_twins(every)
        return every

    def enter(self, place: Hashable) -> bool:
        """Begin a piece; False where the known one still holds: it is taken."""
        place = self.formula, place
        known = self._known.get(place)
        if known is not None and known.version is not None and self._version(known.rests) == known.version:
            if self._samples:
                self._end()
            self._add(place, known)
            return False
        self._end()
        self._place = place
        return True

    def leave(self) -> None:
        """End the piece that was begun."""
        self._end()

    def rests(self) -> list[Rests]:
        """Return what the model was asked for, but for the pieces that were kept."""
        return [*self._rests, self._reads.drain()]

    def _end(self) -> None:
        """Make a piece of the samples since the last one, which belong to a cut or lie between two."""
        rests, samples, place = self._reads.drain(), tuple(self._samples), self._place
        self._rests.append(rests)
        self._samples.clear()
        self._place = None
        if place is None:
            if not samples:
                return
            self._between += 1
            place = self._between
        refuse_infinite(samples)
        before = self._known.get(place)
        if before is not None and _same_series(before.samples, samples):
            names = before.names
        else:
            names, self._unseen = Names(), True
        self._add(place, Piece(samples, names, rests, self._version(rests)))

    def _add(self, place: Hashable, piece: Piece) -> None:
        self.made.append(piece)
        if self.places.setdefault(place, piece) is not piece:
            self._twice.add(place)


def _same_series(some: Sequence[Sample], others: Sequence[Sample]) -> bool:
    return len(some) == len(others) and all(
        a.part == b.part and a.window == b.window and a.labels == b.labels for a, b in zip(some, others, strict=True)
    )


def refuse_infinite(samples: Iterable[Sample]) -> None:
    """Raise SampleError for a value that neither Prometheus nor JSON could carry."""
    for sample in samples:
        if not isfinite(sample.value):
            raise SampleError(f"value {sample.value} in window {sample.window} {sample.labels}")


def refuse_twins(samples: Iterable[Sample]) -> None:
    """Raise SampleError where one series appears twice."""
    seen: set[tuple[object, ...]] = set()
    for sample in samples:
        series = (sample.part, sample.window, *sample.labels.items())
        if series in seen:
            raise SampleError(f"the series {series} appears twice")
        seen.add(series)
