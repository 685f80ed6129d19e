"""A board without Kafka: a few small KPIs, and state records made by the same code that workers use."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.board.api import Api
from stream_app.board.history import History
from stream_app.board.latest import Latest
from stream_app.board.live import Entry, LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.server import application
from stream_app.board.snapshot import Snapshot
from stream_app.board.wall.stream import Walls
from stream_app.kpis import MEASURES as SHIPPED
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Open, at_risk, overdue
from stream_app.kpis.kpi import Computation, Kpi, Part, Sample
from stream_app.measures.clock import OpenClock
from stream_app.measures.measure import Kind, Measure, registry
from stream_app.measures.read_model import ReadModel
from stream_app.measures.store import CellStore
from stream_app.measures.window import Window

MINUTE = 60_000
NOW = 1_750_000_000_000
"""15 June 2025, 15:06:40 UTC."""
TOPIC = "crm-pulse.v1.relationships.cells"
WINDOWS = [Window.parse(text) for text in ("15m", "24h")]
ANSWERS = Measure("answers", Kind.COUNT, "1", "Leads answered.", by=("channel", "team"))
MEASURES = registry([ANSWERS])
LEADS = (("lead_response", ()),)


@dataclass(frozen=True)
class Fixed:
    """Emit the same samples whatever the model says."""

    samples_: tuple[Sample, ...]
    parts: ClassVar[tuple[Part, ...]] = ("", "mean", "numerator", "denominator")

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        del kpi, view
        yield from self.samples_


@dataclass(frozen=True)
class Raising:
    """Emit one good sample, then fail as a careless formula would."""

    parts: ClassVar[tuple[Part, ...]] = ("",)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        yield Sample(kpi.name, "", None, {}, 1.0, 1)
        yield Sample(kpi.name, "", None, {"half": "done"}, view.now / 0, 1)


def kpi(name: str, compute: Computation, **changes: object) -> Kpi:
    declared: dict[str, object] = {
        "unit": "leads",
        "area": "response",
        "meaning": f"What {name} means.",
        "formula": f"How {name} is computed.",
        "source": "A0",
    }
    return Kpi(name=name, compute=compute, **(declared | changes))  # type: ignore[arg-type]  # texts by name


def waiting_kpi(name: str, **test: object) -> Kpi:
    return kpi(name, Open(LEADS, **test), by=("channel", "team"), windowed=False, clock="lead_response")  # type: ignore[arg-type]  # one test function


ANSWERED = kpi("leads_answered", Tally(ANSWERS), by=("channel", "team"), direction="up", tile=1)
RATIO = kpi(
    "reply_ratio",
    Fixed(
        (
            Sample("reply_ratio", "", "15m", {}, 0.25, 4),
            Sample("reply_ratio", "numerator", "15m", {}, 1, 1),
            Sample("reply_ratio", "denominator", "15m", {}, 4, 4),
            Sample("reply_ratio", "", "24h", {}, 0.5, 10),
            Sample("reply_ratio", "numerator", "24h", {}, 5, 5),
            Sample("reply_ratio", "denominator", "24h", {}, 10, 10),
            Sample("reply_ratio", "", "24h", {"medium": 'e-"mail\\\n<b>'}, 0.5, 10),
        )
    ),
    unit="ratio",
    area="relationship",
    by=("medium",),
    tile=11,
)
DELAY = kpi(
    "reply_seconds",
    Fixed(
        (
            Sample("reply_seconds", "", "24h", {"quantile": "0.9"}, 90.0, 3),
            Sample("reply_seconds", "", "24h", {"quantile": "0.5"}, 60.0, 3),
            Sample("reply_seconds", "mean", "24h", {}, 70.0, 3),
        )
    ),
    unit="seconds",
    tile=2,
)
BROKEN = kpi("broken_ratio", Raising(), unit="ratio", windowed=False, tile=12)
CASES = kpi(
    "cases_waiting",
    Open((("case_first", (("promise", "first"),)), ("case_next", (("promise", "next"),)))),
    area="service",
    windowed=False,
)
KPIS = (
    waiting_kpi("leads_waiting"),
    waiting_kpi("leads_at_risk", test=at_risk),
    waiting_kpi("leads_overdue", test=overdue),
    ANSWERED,
    RATIO,
    DELAY,
    BROKEN,
    CASES,
)


def clock(who: str, since: int = -10, due: int | None = 5, name: str = "lead_response", **labels: str) -> OpenClock:
    """An open clock; times in minutes from NOW, at risk from 80 % on."""
    start = NOW + since * MINUTE
    end = None if due is None else NOW + due * MINUTE
    risk = None if end is None else start + (end - start) * 4 // 5
    return OpenClock(name, who, "", start, end, risk, labels, "lead response")


class Workers:
    """The write side: one `CellStore` per partition, drained into state records."""

    def __init__(self, partitions: int = 2) -> None:
        self._stores = [CellStore(MEASURES, WINDOWS, 3_600_000, 200) for _ in range(partitions)]
        self._offset = 0

    def open(self, clocks: Iterable[OpenClock]) -> None:
        for one in clocks:
            self._offset += 1
            self._store(one.relationship).clock(f"{one.clock}/{one.relationship}", one.pack(), self._offset)

    def close(self, *who: str) -> None:
        for relationship in who:
            self._offset += 1
            self._store(relationship).clock(f"lead_response/{relationship}", None, self._offset)

    def answer(self, who: str, at: int, channel: str) -> None:
        self._offset += 1
        self._store(who).contribute(ANSWERS, at, 1, (), (channel, None), self._offset)

    def account(self, partition: int, applied: int = 0, watermark: int = NOW, **fates: int) -> None:
        self._offset += 1
        counted = {"duplicates": 0, "dead": 0, "late": 0, "redelivered": 0} | fates
        self._stores[partition].account(applied=applied, watermark=watermark, offset=self._offset, **counted)

    def records(self) -> list[Entry]:
        return [(i, key, value) for i, store in enumerate(self._stores) for key, value in store.drain()]

    def _store(self, who: str) -> CellStore:
        return self._stores[len(who) % len(self._stores)]


class Board:
    """A board whose reader is the test."""

    def __init__(self, kpis: Iterable[Kpi] = KPIS, clock: str = "live", max_age: float = 0.0) -> None:
        self.now = NOW
        self.workers = Workers()
        self.live = LiveModel(
            lambda: ReadModel(WINDOWS, {**SHIPPED, **MEASURES}),
            {one.name: one for one in kpis},
            "watermark" if clock == "watermark" else "live",
            wall=lambda: self.now,
        )
        self.takes = 0
        self.latest = Latest(self._take, lambda: self.live.progress, max_age)
        self.history = History()
        self.app = application(Api(self.live, self.latest, walls=Walls(self.latest, self.history)))

    def _take(self) -> Snapshot:
        self.takes += 1
        return self.live.take()

    def flow(self) -> None:
        """Let the state records that the workers have written so far arrive."""
        self.live.apply(self.workers.records())

    def catch_up(self, *, caught_up: tuple[bool, ...] = (True, True)) -> None:
        """Say how far the two partitions are read."""
        self.live.progress = Progress(
            tuple(PartitionProgress(TOPIC, i, 10, 10 if done else 40, done) for i, done in enumerate(caught_up)),
            records=20,
        )
