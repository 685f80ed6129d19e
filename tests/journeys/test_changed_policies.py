"""A worker that starts anew under other policies: what was promised and counted before stays as it was."""

from dataclasses import dataclass
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import encode
from stream_app.journeys.families import MEASURES
from stream_app.journeys.shard import Shard
from stream_app.kpis import catalogue
from stream_app.kpis.kinds.cuts import counted
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies, parse
from stream_app.simulate import Options, generate

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
MINUTE = 60_000
HOUR = 60 * MINUTE
SLOW = parse('response = [{ within = "1h", name = "slow" }]')
QUICK = parse('response = [{ within = "5m", name = "quick" }]')
WINDOWS = [Window.parse(text) for text in Policies().windows]


@dataclass
class Record:
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = START + 400 * 24 * HOUR


class Installation:
    """One partition and its readers, through restarts under other policies."""

    def __init__(self) -> None:
        self._cells: dict[bytes, bytes] = {}
        self._journeys: dict[bytes, bytes] = {}
        self._offset = 0
        self.view = ReadModel(WINDOWS, MEASURES)

    def run(self, policies: Policies, *values: tuple[bytes, bytes]) -> None:
        """Start a worker, let it fold, and stop it."""
        shard = Shard(0, policies, dict(self._cells), dict(self._journeys))
        changes = shard.apply([Record(self._offset + n, key, value) for n, (key, value) in enumerate(values)])
        self._offset += len(values)
        shard.durable(self._offset - 1)
        for entries, stored in ((changes.cells, self._cells), (changes.journeys, self._journeys)):
            for key, value in entries:
                if value is None:
                    stored.pop(key, None)
                else:
                    stored[key] = value
        for key, value in changes.cells:
            self.view.update(0, key, value)

    def clocks(self) -> dict[str, tuple[str | None, float]]:
        """Return the promise of each lead that waits, and its hours."""
        return {
            clock.relationship: (clock.policy, ((clock.due or 0) - clock.since) / HOUR)
            for clock in self.view.clocks("lead_response")
        }

    def numbers(self, policies: Policies, hours: float) -> dict[tuple[str, str, str | None], float]:
        """Return the totals so many hours after the start."""
        self.view.advance(int(START + hours * HOUR))
        return {
            (s.kpi, s.part, s.window): s.value
            for kpi in catalogue(policies).values()
            for s in kpi.samples(self.view)
            if not s.labels
        }


def event(id_, hours, name, data, who="ada"):
    value = encode(f"crm.{name}.v1", data, id=id_, source="/crm", time=int(START + hours * HOUR), subject=who)
    return who.encode(), value


LEAD = event("e1", 0, "lead.created", {"channel": "web"})
LATE = event("late", -0.1, "page.viewed", {"campaign_id": "spring"})


def test_a_late_event_does_not_change_what_was_promised():
    one = Installation()
    one.run(SLOW, LEAD)
    one.run(QUICK, LATE, event("e2", 0.2, "lead.created", {"channel": "web"}, who="bob"))
    assert one.clocks() == {"ada": ("slow", 1.0), "bob": ("quick", pytest.approx(5 / 60))}


def test_nor_does_the_end_of_the_lateness_horizon():
    one = Installation()
    one.run(SLOW, LEAD, event("e2", 10, "page.viewed", {}))
    one.run(QUICK, event("e3", 31, "page.viewed", {}), event("e4", 40, "page.viewed", {}))
    one.run(QUICK, event("e5", 39, "page.viewed", {}))
    assert one.clocks() == {"ada": ("slow", 1.0)}


def test_nothing_is_taken_back_that_was_never_counted():
    """
    Answered after half an hour, within the hour promised then.

    By the new promise that was late, and an earlier answer that comes to light would take back an uncounted breach.
    """
    answer = {"direction": "out", "medium": "call"}
    one = Installation()
    one.run(SLOW, LEAD, event("e2", 0.5, "interaction.logged", answer))
    one.run(QUICK, event("e3", 0.05, "interaction.logged", answer))
    found = one.numbers(QUICK, 2)
    ratio = [found["lead_response_sla_ratio", part, "24h"] for part in ("", "numerator", "denominator")]
    assert ratio == [1, 1, 1]


def test_other_goals_are_no_other_rules():
    """Goals, thresholds and names change nothing that is folded, so what comes late is put in its place as ever."""
    policies = parse('[owners]\nu-1 = "Ada"\n[[goals]]\nkpi = "leads_waiting"\nat_most = 3')
    assert policies.rules == Policies().rules
    assert parse("reply_horizon = '3d'").rules not in {policies.rules, ""}


@settings(max_examples=15)
@given(cut=st.integers(1, 250), seed=st.integers(0, 20), back=st.booleans())
def test_no_count_ever_falls_below_nothing(cut, seed, back):
    """Whatever comes late across a change of the policies, nothing is taken back that was never counted."""
    made = generate(seed, START, Options(late=0.2, duplicates=0.05, rate=20, residents=8, families=("relationships",)))
    values = [(one.key, one.value) for one in islice(made, 300)]
    first, second = (QUICK, SLOW) if back else (SLOW, QUICK)
    one = Installation()
    one.run(first, *values[:cut])
    one.run(second, *values[cut:])
    one.view.advance(START + 100 * HOUR)
    for measure in MEASURES.values():
        if measure.kind == "count":
            for dims in one.view.dims(measure):
                for window in WINDOWS:
                    held = one.view.get(measure, window, dims)
                    assert held is None or counted(held) >= 0, (measure.name, dims)
