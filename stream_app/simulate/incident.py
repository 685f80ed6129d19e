"""A planted incident: a team stops answering for a while, then answers everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from stream_app.calendars import MisconfiguredError
from stream_app.errors import UserError
from stream_app.policies.durations import parse_ms
from stream_app.simulate.world import TEAMS

FORM = "TEAM[:AFTER[:LENGTH]], such as emea:30s:2m"


@dataclass(frozen=True, slots=True)
class Incident:
    """A team that answers nobody.

    It forgets no lead for good, so that all of them are answered in the end.

    Attributes:
        team: Who stops.
        after_ms: From the start of the live traffic to the incident.
        length_ms: How long it lasts.
    """

    team: str
    after_ms: int = 60_000
    length_ms: int = 180_000

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what *text* says, in the form `FORM`.

        Raises:
            UserError: It is none, or the team does not exist.
        """
        team, *spans = text.split(":")
        if team not in {known.name for known in TEAMS}:
            known = ", ".join(known.name for known in TEAMS)
            raise UserError(f"--incident {text!r} names no team", f"Teams: {known}. Write {FORM}.")
        try:
            named = dict(zip(("after_ms", "length_ms"), map(parse_ms, spans), strict=False))
        except MisconfiguredError as error:
            raise UserError(f"--incident {text!r}: {error}", f"Write {FORM}.") from error
        if len(spans) > len(named):
            raise UserError(f"--incident {text!r} says too much", f"Write {FORM}.")
        return cls(team, **named)

    def keeps_silent(self, live_from: int, type_: str, data: Mapping[str, Any], at: int) -> bool:
        """Tell whether an event at *at* (ms) is one that the incident keeps from happening: a person's word."""
        begins = live_from + self.after_ms
        return (
            begins <= at < begins + self.length_ms
            and type_ == "interaction.logged"
            and data["direction"] == "out"
            and data.get("team") == self.team
        )

    def over(self, live_from: int) -> int:
        """Return when it ends, in ms."""
        return live_from + self.after_ms + self.length_ms
