"""What an alert says: the labels that route and group it, and the words and links for whoever is paged."""

from typing import Final, Literal, Protocol
from urllib.parse import urlencode

from stream_app.alerting.alert import Alert, Key, moment
from stream_app.measures.clock import OpenClock
from stream_app.rules.told import AT_RISK, CLOSED, MANY, OVERDUE

State = Literal["at_risk", "overdue"]
SEVERITIES: Final[dict[State, str]] = {"at_risk": AT_RISK.severity, "overdue": OVERDUE.severity}
_NAMES: Final[dict[State, str]] = {"at_risk": AT_RISK.name, "overdue": OVERDUE.name}
_SAID: Final[dict[State, str]] = {"at_risk": "at risk", "overdue": "overdue"}
_LABELS: Final = ("channel", "owner_id", "team")
"""Of the labels of a clock those that an alert carries."""


class Names(Protocol):
    """Know what people are called and where they are found."""

    def owner(self, clock: OpenClock) -> str | None:
        """Return what the owner of *clock* is called."""
        ...

    def url(self, clock: OpenClock) -> str | None:
        """Return where the CRM has what waits."""
        ...


class Wording:
    """Word alerts.

    Args:
        names: Who is called what.
        board: Public address of the board, without a slash at its end; "" leaves the links to it out.
    """

    def __init__(self, names: Names, board: str) -> None:
        self._names = names
        self._board = board

    def promise(self, clock: OpenClock, state: State, starts: int) -> Alert:
        """Return the alert that *clock* is in *state*; nothing in it depends on when it is asked for."""
        labels: dict[str, str] = {label: clock.labels[label] for label in _LABELS if clock.labels.get(label)}
        what = clock.clock.replace("_", " ")
        who = clock.relationship + (f", {clock.item}" if clock.item not in {"", clock.relationship} else "")
        owner = self._names.owner(clock)
        with_whom = " of ".join(filter(None, (owner, labels.get("team")))) or "nobody's yet"
        due = moment(clock.due) if clock.due is not None else ""
        channel = f" by {labels['channel']}" if "channel" in labels else ""
        policy = f" ({clock.policy})" if clock.policy else ""
        said = f"was promised until {due}" if state == "overdue" else f"is promised until {due}"
        annotations = {
            "summary": f"{what} {_SAID[state]}: {who} ({with_whom})",
            "description": f"Waiting{channel} since {moment(clock.since)}; an answer {said}{policy}.",
            "due": due,
            "since": moment(clock.since),
            "owner": owner,
            "crm_url": self._names.url(clock),
        }
        narrowed = {label: value for label, value in labels.items() if label != "channel"}
        return self._alert(
            {"clock": clock.clock, "relationship": clock.relationship, "item": clock.item, **labels},
            state,
            _NAMES[state],
            starts,
            annotations,
            {"clock": clock.clock, **narrowed},
        )

    def many(self, team: str | None, state: State, more: int, shown: int, starts: int) -> Alert:
        """Return the alert that tells of a team's promises beyond those that are told one by one."""
        whose = team or "without a team"
        return self._alert(
            {"team": team, "promise_state": state},
            state,
            MANY.name,
            starts,
            {
                "summary": f"{whose}: {more} more promises {_SAID[state]}",
                "description": f"{shown + more} promises are {_SAID[state]}; the {shown} that are so for longest have "
                "an alert each, the others are in the list.",
            },
            {"team": team} if team else {},
        )

    def closed(self, team: str | None, state: State, starts: int) -> Alert:
        """Return the alert that wakes nobody, but keeps a team's promises from being repeated while it is closed."""
        labels = {"alertname": CLOSED.name, "severity": CLOSED.severity, "quiets": SEVERITIES[state], "team": team}
        summary = f"{team or 'The default calendar'} is closed: nothing is repeated until it opens"
        return Alert(_key(labels), starts, {"summary": summary})

    def _alert(
        self,
        labels: dict[str, str | None],
        state: State,
        name: str,
        starts: int,
        annotations: dict[str, str | None],
        query: dict[str, str],
    ) -> Alert:
        if self._board:
            annotations["board_url"] = f"{self._board}/clocks?{urlencode({**query, 'state': state})}"
            annotations["runbook_url"] = f"{self._board}/runbooks/{name}"
        key = _key({"alertname": name, "severity": SEVERITIES[state], **labels})
        return Alert(key, starts, {name: text for name, text in annotations.items() if text})


def _key(labels: dict[str, str | None]) -> Key:
    return tuple(sorted((name, value) for name, value in labels.items() if value))
