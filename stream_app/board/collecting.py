"""Computes KPIs, and again only where something that they rest on has changed."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from stream_app.board.pieces import Piece, Pieces
from stream_app.board.snapshot import Collected, collect
from stream_app.kpis.kpi import Kpi
from stream_app.measures.read_model import ReadModel
from stream_app.measures.reads import Reads


class _Known(NamedTuple):
    """The last result of a KPI, its pieces by place, what it rests on and what that was at."""

    collected: Collected
    places: Mapping[Hashable, Piece]
    reads: Reads
    version: int | None


class Collecting:
    """The last result of each KPI over one model, with what was read for it.

    That a result may be kept rests on a KPI being a function of the view alone. What failed is tried again.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def collect(self, kpi: Kpi, view: ReadModel) -> Collected:
        """Return what `snapshot.collect` would, and the very same object while nothing under it has changed."""
        known = self._known.get(kpi.name)
        if known is not None and known.version is not None and view.version(known.reads) == known.version:
            return known.collected
        pieces = Pieces(view, {} if known is None else known.places)
        found = collect(kpi, view, pieces)
        if found.error:
            self._known.pop(kpi.name, None)
            return found
        reads = Reads() if known is None else known.reads  # the kept pieces rest on what they did
        for rests in pieces.rests():
            reads.widen(rests)
        self._known[kpi.name] = _Known(found, pieces.places, reads, view.version(reads))
        return found
