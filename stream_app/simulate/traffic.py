"""The traffic: lives told side by side, and what the wires make of them (retries, late mail, broken records)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from schemas import encode
from stream_app.simulate import customers, wires
from stream_app.simulate.cases import case
from stream_app.simulate.customers import newsletter
from stream_app.simulate.leads import lead
from stream_app.simulate.rhythm import PEAK, shares
from stream_app.simulate.town import Life, Person, Town
from stream_app.simulate.world import NEWSLETTERS

DAY_MS = 86_400_000
SQUEEZED = 0.52
"""Squeeze of a demo: a reply of 8 minutes takes 25 s, a day 6 min, a sale of three weeks 30 min."""

_MAILING = 25  # recipients of one mailing; larger ones would look like an outage of everything else

# Mean events of one life, and the share of all events that such lives make (measured over 400,000 events).
_LEADS, _MAILINGS, _CASES, _REST = (8.0, 0.48), (2.5 * _MAILING, 0.24), (7.9, 0.22), (2.5, 0.06)


Rhythm = Literal["always", "past", "never"]


class Sent(NamedTuple):
    """One record: when it reaches Kafka (ms), its key and its value."""

    due: int
    key: bytes
    value: bytes


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


Start = Callable[[], list[tuple[Person, Life]]]


def generate(seed: int, start_ms: int, options: Options | None = None) -> Iterator[Sent]:
    """Yield records for ever, in the order in which they arrive; a pure function of the arguments.

    Event times run from *start_ms*; only the residents became customers earlier, in the 80 days before.
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
        self.source = f"/simulator/{seed}"
        self._events = 0
        self._order = 0
        self._queue: list[tuple[int, int, Callable[[], None] | Sent]] = []
        for _ in range(options.residents):
            self._resident(start_ms)
        for start, (events, share) in (
            (self._lead, _LEADS), (self._mailing, _MAILINGS), (self._case, _CASES), (self._rest, _REST),
        ):  # fmt: skip
            self._arrive(start, share / events, start_ms)

    def run(self) -> Iterator[Sent]:
        """Take the next thing from the queue, for ever."""
        queue = self._queue
        while queue:
            at, _, thing = heapq.heappop(queue)
            if isinstance(thing, Sent):
                yield thing
            else:
                self.town.now = at
                thing()

    def _at(self, at: int, thing: Callable[[], None] | Sent) -> None:
        self._order += 1  # keeps things of one moment in the order in which they were planned
        heapq.heappush(self._queue, (at, self._order, thing))

    def _arrive(self, start: Start, per_event: float, at: int) -> None:
        """Plan the next newcomers of a kind: a Poisson process that follows day and week (thinning)."""
        past = at < self.live_from
        per_ms = (self.options.history_rate if past else self.options.rate) * per_event / 1000
        moment = at + int(self.town.rng.expovariate(per_ms * PEAK))
        if past and moment >= self.live_from:
            self._at(self.live_from, lambda: self._arrive(start, per_event, self.live_from))
            return

        def newcomers() -> None:
            follows = self.options.rhythm == "always" or (past and self.options.rhythm == "past")
            busy = sum(shares(moment)) if follows else 1.0
            if self.town.chance(busy / PEAK):
                for number, (person, life) in enumerate(start()):
                    self._go_on(person, life, moment + number * 90, self.options.squeeze)
            self._arrive(start, per_event, moment)

        self._at(moment, newcomers)

    def _go_on(self, person: Person, life: Life, at: int, squeeze: float) -> None:
        """Let *life* happen up to its next event, and plan that event."""
        step = next(life, None)
        if step is None:
            return
        seconds, type_, data = step
        moment = at + int(seconds**squeeze * 1000)

        def happens() -> None:
            self._record(person.key, type_, dict(data), moment)
            self._go_on(person, life, moment, squeeze)

        self._at(moment, happens)

    def _record(self, key: str, type_: str, data: dict[str, object], at: int) -> None:
        options, rng = self.options, self.town.rng
        self._events += 1
        event_id = f"{self.town.run}-{self._events}"
        past = at < self.live_from - options.history_ms
        value = encode(f"crm.{type_}.v1", data, id=event_id, source=self.source, time=at, subject=key, imported=past)
        if options.broken and rng.random() < options.broken:
            value = wires.spoil(rng, value)
        due = at + (0 if past else wires.delay_ms(rng, options.late))
        sent = Sent(due, key.encode(), value)
        self._at(due, sent)
        if rng.random() < options.duplicates:
            again = due + wires.retry_ms(rng)
            self._at(again, sent._replace(due=again))

    def _resident(self, start_ms: int) -> None:
        town = self.town
        person = town.person("customer")
        arrived = start_ms - int(town.rng.uniform(1, 80) * DAY_MS)
        spoken = town.rng.uniform(-0.2, 1.0) * (start_ms - arrived) / 1000  # below 0: never
        town.settle(person)
        self._go_on(person, customers.old_customer(person, spoken), arrived, 1.0)

    def _lead(self) -> list[tuple[Person, Life]]:
        person = self.town.person("lead")
        return [(person, lead(self.town, person))]

    def _mailing(self) -> list[tuple[Person, Life]]:
        town = self.town
        there = town.customers
        campaign = f"{town.rng.choice(NEWSLETTERS)}-{town.now // (7 * DAY_MS) % 52:02d}"
        people = town.rng.sample(there, min(_MAILING, len(there)))
        return [(person, newsletter(town, person, campaign)) for person in people]

    def _case(self) -> list[tuple[Person, Life]]:
        if not self.town.customers:
            return []
        person = self.town.rng.choice(self.town.customers)
        return [(person, case(self.town, person))]

    def _rest(self) -> list[tuple[Person, Life]]:
        town = self.town
        if not town.customers:
            return []
        person = town.rng.choice(town.customers)
        what = town.weighted((("check_in", 10), ("reorder", 5), ("opinion", 4), ("referral", 2), ("leave", 1)))
        if what == "referral":
            friend = town.person("customer")
            return [(friend, customers.referral(town, friend, person))]
        if what == "leave" and not person.active:
            return []
        tell = {
            "check_in": customers.check_in, "reorder": customers.reorder,
            "opinion": customers.opinion, "leave": customers.leave,
        }[what]  # fmt: skip
        return [(person, tell(town, person))]
