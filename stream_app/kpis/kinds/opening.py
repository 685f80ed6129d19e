"""Whether teams are open at this moment, by their calendars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel
from stream_app.policies.policies import Team


@dataclass(frozen=True, slots=True)
class Opening:
    """Publish 1 for each team that is in its business hours now, 0 for one that is not."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    teams: Mapping[str, Team]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield one number per team of the policies."""
        for name, team in self.teams.items():
            yield Sample(kpi.name, "", None, {"team": name}, float(team.calendar.is_open(view.now)), 1)
