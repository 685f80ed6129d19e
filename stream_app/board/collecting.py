"""Computes KPIs, and again only where something that they rest on has changed."""

from stream_app.board.snapshot import Collected, collect
from stream_app.kpis.kpi import Kpi
from stream_app.measures.read_model import ReadModel
from stream_app.measures.reads import Reads


class Collecting:
    """The last result of each KPI over one model, with what was read for it.

    That a result may be kept rests on a KPI being a function of the view alone. What failed is tried again.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Collected, Reads, tuple[object, ...]]] = {}

    def collect(self, kpi: Kpi, view: ReadModel) -> Collected:
        """Return what `snapshot.collect` would, and the very same object while nothing under it has changed."""
        known = self._known.get(kpi.name)
        if known is not None and view.versions(known[1]) == known[2]:
            return known[0]
        reads = view.recording()
        found = collect(kpi, view)
        view.recording()  # so that what others ask is not taken for a part of this KPI
        versions = view.versions(reads)
        if found.error or versions is None:
            self._known.pop(kpi.name, None)
        else:
            self._known[kpi.name] = found, reads, versions
        return found
