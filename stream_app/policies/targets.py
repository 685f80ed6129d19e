"""What is promised: how long a lead or a case may wait, by team, channel and priority."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Promise = Literal["first", "next", "resolution"]


@dataclass(frozen=True, slots=True)
class Target:
    """Promise an answer within *seconds*.

    Attributes:
        name: What the promise is called on gauges and in lists.
        seconds: How long the wait may be, in time of the calendar.
        calendar: Which time counts: the business time of the team, or every second.
    """

    name: str
    seconds: int
    calendar: Literal["team", "always"] = "team"


@dataclass(frozen=True, slots=True)
class Rule:
    """Give a target to what matches; an empty tuple matches anything, *target* None promises nothing."""

    target: Target | None
    teams: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()

    def matches(self, team: str | None, channel: str | None, priority: str | None) -> bool:
        """Tell whether this rule is about such a lead or case."""
        return (
            (not self.teams or team in self.teams)
            and (not self.channels or channel in self.channels)
            and (not self.priorities or priority in self.priorities)
        )

    def covers(self, other: "Rule") -> bool:
        """Tell whether everything that *other* matches is matched by this rule too."""
        return all(
            not mine or (bool(theirs) and set(theirs) <= set(mine))
            for mine, theirs in (
                (self.teams, other.teams),
                (self.channels, other.channels),
                (self.priorities, other.priorities),
            )
        )


def choose(rules: Sequence[Rule], team: str | None, channel: str | None, priority: str | None) -> Target | None:
    """Return the target of the first rule that matches, as a firewall would."""
    return next((rule.target for rule in rules if rule.matches(team, channel, priority)), None)


_MINUTES, _HOURS = 60, 3600

DEFAULT_RESPONSE: tuple[Rule, ...] = (Rule(Target("lead response 15m", 15 * _MINUTES)),)

DEFAULT_CASES: dict[Promise, tuple[Rule, ...]] = {
    "first": (
        Rule(Target("first response urgent 1h", 1 * _HOURS), priorities=("urgent",)),
        Rule(Target("first response high 2h", 2 * _HOURS), priorities=("high",)),
        Rule(Target("first response 4h", 4 * _HOURS)),
    ),
    "next": (
        Rule(Target("next response urgent 1h", 1 * _HOURS), priorities=("urgent",)),
        Rule(Target("next response 4h", 4 * _HOURS)),
    ),
    "resolution": (
        Rule(Target("resolution urgent 1d", 24 * _HOURS), priorities=("urgent",)),
        Rule(Target("resolution 3d", 72 * _HOURS)),
    ),
}
