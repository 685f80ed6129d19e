"""Quiet hours: when a team may be told that a promise is at risk or overdue, and of how many one by one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from stream_app.policies.problems import Findings, similar
from stream_app.policies.tables import Table

When = Literal["open", "always", "never"]
"""Only in the hours of the team, at any time, or not at all."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """When one team is told.

    Attributes:
        at_risk: Of promises at risk.
        overdue: Of overdue promises.
    """

    at_risk: When = "open"
    overdue: When = "open"


@dataclass(frozen=True, slots=True)
class Alerts:
    """When teams are told, and of how much.

    Attributes:
        rest: What holds for teams that are not listed, and for what has no team.
        teams: Quiet hours by team.
        most: How many promises of one team and state are told one by one; the others are told of as a number.
    """

    rest: Quiet = Quiet()
    teams: Mapping[str, Quiet] = field(default_factory=dict)
    most: int = 100

    def quiet(self, team: str | None) -> Quiet:
        """Return what holds for *team*."""
        return self.rest if team is None else self.teams.get(team, self.rest)


class QuietTable(Table):
    """When one team is told; what is not said is as for all."""

    at_risk: When | None = None
    overdue: When | None = None


class AlertsTable(Table):
    """When everybody is told, and of how much."""

    at_risk: When = "open"
    overdue: When = "open"
    most: Annotated[int, Field(ge=1, le=10_000)] = 100
    teams: dict[str, Any] = Field(default={})


def read_alerts(raw: object, teams: Mapping[str, object], findings: Findings) -> Alerts:
    """Read `[alerts]`; *teams* are those of the file."""
    table = findings.salvage(AlertsTable, raw, ("alerts",))
    rest = Quiet(table.at_risk, table.overdue)
    read: dict[str, Quiet] = {}
    for name, said in table.teams.items():
        path = ("alerts", "teams", name)
        if name not in teams:
            findings.add(path, f"unknown team {name!r}", f"write {similar(name, teams)}")
        one = findings.read(QuietTable, said, path)
        if one is not None:
            read[name] = Quiet(one.at_risk or rest.at_risk, one.overdue or rest.overdue)
    return Alerts(rest, read, table.most)
