"""Two state versions side by side: their books and their KPIs, as of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from stream_app.engine.restore import restore
from stream_app.kpis import MEASURES, catalogue
from stream_app.kpis.aims import load
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.rebuild.books import Book, Place, book

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream_app.kpis.kpi import Kpi
    from stream_app.settings import Settings

Series = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""KPI, part, window, labels."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A series that is not the same in both; None where it is missing."""

    series: Series
    old: float | None
    new: float | None


@dataclass(frozen=True, slots=True)
class Published:
    """What a version publishes: its figures, its books by agent and partition, and the rules that it folded by."""

    model: ReadModel
    books: Mapping[Place, Book]
    rules: frozenset[str]


def read(settings: Settings) -> Published:
    """Read the published state of a version.

    Raises UserError when it is damaged, LookupError when one of its topics does not exist.
    """
    windows = [Window.parse(text) for text in load(settings.policies_in_force).windows]
    model = ReadModel(windows, MEASURES)
    agents = dict(zip(settings.cells_topics, settings.sources, strict=True))
    wanted = [(topic, number) for topic in agents for number in range(settings.partitions)]
    books: dict[Place, Book] = {}
    rules: set[str] = set()
    for source, ((topic, number), merge) in enumerate(restore(settings, wanted, Event()).items()):
        for key, value in merge.live.items():
            model.update(source, key, value)
        books[agents[topic], number] = book(merge.live)
        if merge.manifest is not None:
            rules.add(merge.manifest.rules)
    return Published(model, books, frozenset(rules))


def differences(settings: Settings, old: ReadModel, new: ReadModel) -> list[Difference]:
    """Return the series that differ, as of the newest event that both have seen."""
    now = min(old.watermark, new.watermark)
    policies = load(settings.policies_in_force)
    before, after = (_figures(model, now, catalogue(policies)) for model in (old, new))
    return [
        Difference(series, before.get(series), after.get(series))
        for series in sorted(before.keys() | after.keys())
        if before.get(series) != after.get(series)
    ]


def _figures(model: ReadModel, now: int, kpis: Mapping[str, Kpi]) -> dict[Series, float]:
    model.advance(now)
    return {
        (sample.kpi, sample.part, sample.window or "", tuple(sorted(sample.labels.items()))): sample.value
        for kpi in kpis.values()
        for sample in kpi.samples(model)
    }
