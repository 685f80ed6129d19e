"""Service calls back: what was promised, what is due, and whether the promise was kept."""

from __future__ import annotations

from stream_app.journeys import callback
from stream_app.kpis.kinds.added import Added
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Broken, Open, overdue
from stream_app.kpis.kpi import Kpi

_KEPT, _MISSED = Counted(callback.OUTCOME, ("kept",)), Counted(callback.OUTCOME, ("missed",))
_DUE = (_KEPT, _MISSED, Broken(callback.CLOCK))
_BY_TEAM = ("queue", "team")

CALLBACKS_PROMISED = Kpi(
    name="callbacks_promised",
    unit="callbacks",
    area="service",
    meaning="Callbacks that were promised.",
    formula="callback.promised events.",
    source="A1, A3",
    compute=Tally(callback.PROMISED),
    by=_BY_TEAM,
)

CALLBACKS_DUE = Kpi(
    name="callbacks_due",
    unit="callbacks",
    area="service",
    meaning="Promised callbacks of which it is decided whether they were kept.",
    formula="Kept, at the first attempt, + missed, when they were due; open overdue ones are missed.",
    source="A1, A3",
    compute=Added(_DUE),
    by=_BY_TEAM,
    clock=callback.CLOCK,
)

CALLBACKS_KEPT = Kpi(
    name="callbacks_kept",
    unit="callbacks",
    area="service",
    meaning="Promised callbacks that were tried in time.",
    formula="Callbacks whose first attempt came at or before due_at, at that time; reaching somebody is an attempt.",
    source="A1, A3",
    compute=Added((_KEPT,)),
    by=_BY_TEAM,
    direction="up",
)

CALLBACKS_REACHED = Kpi(
    name="callbacks_reached",
    unit="callbacks",
    area="service",
    meaning="Promised callbacks that reached somebody.",
    formula="callback.reached events, one for each callback.",
    source="A1, A3",
    compute=Tally(callback.REACHED),
    by=_BY_TEAM,
    direction="up",
)

CALLBACK_KEPT = Kpi(
    name="callback_kept_ratio",
    unit="ratio",
    area="service",
    tile=17,
    meaning="Share of promised callbacks that were tried in time.",
    formula="Kept / (kept + missed, open and overdue included); by the first attempt.",
    source="A1, A3",
    compute=Ratio((Variant((_KEPT,), _DUE),)),
    by=_BY_TEAM,
    direction="up",
    clock=callback.CLOCK,
)

CALLBACKS_WAITING = Kpi(
    name="callbacks_waiting",
    unit="callbacks",
    area="service",
    meaning="Promised callbacks that nobody has tried yet.",
    formula="Open callback clocks.",
    source="A1, A3",
    compute=Open(((callback.CLOCK, ()),)),
    by=_BY_TEAM,
    windowed=False,
    direction="down",
    clock=callback.CLOCK,
)

CALLBACKS_OVERDUE = Kpi(
    name="callbacks_overdue",
    unit="callbacks",
    area="service",
    meaning="Promised callbacks whose time has passed and that nobody has tried.",
    formula="Open callback clocks past due_at; imported history is left out.",
    source="A1, A3",
    compute=Open(((callback.CLOCK, ()),), overdue),
    by=_BY_TEAM,
    windowed=False,
    direction="down",
    clock=callback.CLOCK,
)

KPIS = (
    CALLBACKS_PROMISED,
    CALLBACKS_DUE,
    CALLBACKS_KEPT,
    CALLBACKS_REACHED,
    CALLBACK_KEPT,
    CALLBACKS_WAITING,
    CALLBACKS_OVERDUE,
)
