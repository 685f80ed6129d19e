"""The traffic: lives told side by side, and what the wires make of them (retries, late mail, broken records)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from schemas import encode
from stream_app.simulate import arrivals, past, wires
from stream_app.simulate.incident import Incident
from stream_app.simulate.rhythm import PEAK, shares
from stream_app.simulate.town import Life, Town

SQUEEZED = 0.52
"""Squeeze of a demo: a reply of 8 minutes takes 25 s, a day 6 min, a sale of three weeks 30 min."""

CATCHING_UP = 300.0
"""Seconds, in real life, that it usually takes a team to get to somebody after an incident."""

Rhythm = Literal["always", "past", "never"]


class Sent(NamedTuple):
    """One record: when it reaches Kafka (ms), its key, its value, and whose topic it goes to."""

    due: int
    key: bytes
    value: bytes
    family: wires.Family = "relationships"


@dataclass(frozen=True, slots=True)
class Options:
    """What the traffic is like.

    Attributes:
        rate: Events per second, on average over a week; by day there are up to `PEAK` times as many.
        squeeze: Exponent on waits in seconds: 1 is real life, `SQUEEZED` a demo.
        residents: Customers that are there before the start.
        duplicates: Share of records that a retry delivers twice.
        late: Share of records that arrive minutes to hours after the event.
        broken: Share of events that a faulty source spoils.
        rhythm: Whether traffic follows day and week: always, in the past only, or never (it is then even).
        history_ms: Length of a quieter past, from the start.
        history_rate: Events per second in that past.
        families: Whose events are told; the others happen all the same.
        incident: A team that stops answering for a while.
    """

    rate: float = 10.0
    squeeze: float = 1.0
    residents: int = 200
    duplicates: float = 0.01
    late: float = 0.01
    broken: float = 0.0
    rhythm: Rhythm = "always"
    history_ms: int = 0
    history_rate: float = 0.2
    families: tuple[wires.Family, ...] = wires.FAMILIES
    incident: Incident | None = None


def generate(seed: int, start_ms: int, options: Options | None = None) -> Iterator[Sent]:
    """Yield records for ever, in the order in which they arrive; a pure function of the arguments.

    Event times run from *start_ms*; only what was there at the start has an earlier past, of a hundred days.
    """
    return _Clockwork(seed, start_ms, options or Options()).run()


class _Clockwork:
    """A queue of what happens next: lives that go on, newcomers, records that arrive."""

    def __init__(self, seed: int, start_ms: int, options: Options) -> None:
        rng = Random(f"{seed}/{start_ms}")
        run = f"{rng.getrandbits(32):08x}"  # a second run must not repeat the ids of the first
        self.options = options
        self.live_from = start_ms + options.history_ms
        self.town = Town(rng, run, options.squeeze, start_ms)
        if options.incident is not None:
            self.town.attentive = options.incident.team
        self.source = f"/simulator/{seed}"
        self._events = 0
        self._order = 0
        self._queue: list[tuple[int, int, Callable[[], None] | Sent]] = []
        self._start = start_ms
        for subject, life, began in past.of(self.town, options.residents):
            self._go_on(subject, life, began)
        for kind in arrivals.KINDS:
            self._arrive(kind, start_ms)

    def run(self) -> Iterator[Sent]:
        """Take the next thing from the queue, for ever."""
        queue = self._queue
        while queue:
            at, _, thing = heapq.heappop(queue)
            if isinstance(thing, Sent):
                if thing.family in self.options.families:
                    yield thing
            else:
                self.town.now = at
                thing()

    def _at(self, at: int, thing: Callable[[], None] | Sent) -> None:
        self._order += 1  # keeps things of one moment in the order in which they were planned
        heapq.heappush(self._queue, (at, self._order, thing))

    def _arrive(self, kind: arrivals.Arrival, at: int) -> None:
        """Plan the next newcomers of a kind: a Poisson process that follows day and week (thinning)."""
        past = at < self.live_from
        per_ms = (self.options.history_rate if past else self.options.rate) * kind.share / kind.events / 1000
        moment = at + int(self.town.rng.expovariate(per_ms * PEAK))
        if past and moment >= self.live_from:
            self._at(self.live_from, lambda: self._arrive(kind, self.live_from))
            return

        def newcomers() -> None:
            follows = self.options.rhythm == "always" or (past and self.options.rhythm == "past")
            busy = sum(shares(moment)) if follows else 1.0
            if self.town.chance(busy / PEAK):
                for number, (subject, life) in enumerate(kind.start(self.town)):
                    self._go_on(subject, life, moment + number * 90)
            self._arrive(kind, moment)

        self._at(moment, newcomers)

    def _go_on(self, subject: arrivals.Subject, life: Life, at: int) -> None:
        """Let *life* happen up to its next event, and plan that event."""
        step = next(life, None)
        if step is None:
            return
        seconds, type_, data = step
        # Before the start, time runs as in life: only what is watched is squeezed.
        moment = at + int(seconds ** (1.0 if at < self._start else self.options.squeeze) * 1000)
        incident = self.options.incident
        if incident is not None and incident.keeps_silent(self.live_from, type_, data, moment):
            moment = incident.over(self.live_from) + int(self.town.around(CATCHING_UP) ** self.options.squeeze * 1000)

        def happens() -> None:
            if getattr(subject, "gone", False):
                return  # erased in the meantime
            self._record(subject.key, type_, dict(data), moment)
            self._go_on(subject, life, moment)

        self._at(moment, happens)

    def _record(self, key: str, type_: str, data: dict[str, object], at: int) -> None:
        options, rng = self.options, self.town.rng
        self._events += 1
        event_id = f"{self.town.run}-{self._events}"
        past = at < self._start
        value = encode(f"crm.{type_}.v1", data, id=event_id, source=self.source, time=at, subject=key, imported=past)
        if options.broken and rng.random() < options.broken:
            value = wires.spoil(rng, value)
        due = at + (0 if past else wires.delay_ms(rng, options.late))
        sent = Sent(due, key.encode(), value, wires.family(type_))
        self._at(due, sent)
        if rng.random() < options.duplicates:
            again = due + wires.retry_ms(rng)
            self._at(again, sent._replace(due=again))
