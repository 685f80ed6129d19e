"""Data quality: whether the systems that send events send them whole, once, in time, and at all."""

from __future__ import annotations

from stream_app.journeys import quality
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.silence import Silence
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi

_BY = ("source",)
_SOURCE = "By source: the CloudEvents source, unknown where a refused record does not say it."

EVENT_VALID = Kpi(
    name="event_valid_ratio",
    unit="ratio",
    area="quality",
    tile=21,
    meaning="Share of what the source systems send that can be counted.",
    formula=(
        "Events that were folded / (those + records that went to the dead letters). An event counts once, at its own "
        "time, and repeated deliveries of it not at all; a refused record counts each time that it comes, at the time "
        f"that it names or, where that cannot be read or lies ahead, when it was written. {_SOURCE}"
    ),
    source="A4",
    compute=Ratio(
        (Variant((Counted(quality.APPLIED),), (Counted(quality.APPLIED), Counted(quality.REFUSED))),)
    ),
    by=_BY,
    direction="up",
)  # fmt: skip

FIELD_COMPLETE = Kpi(
    name="field_complete_ratio",
    unit="ratio",
    area="quality",
    tile=22,
    meaning="Share of the fields that figures are broken down by, such as team and channel, that the systems fill in.",
    formula=(
        f"Filled / asked. Asked are those of the fields {', '.join(sorted(quality.LABELS))} that the contract makes "
        f"optional and without a default, of the events that begin something: {', '.join(quality.BEGINNINGS)}. A "
        f"field is filled when it is there and not null; each event counts once. {_SOURCE}"
    ),
    source="A4",
    compute=Ratio((Variant((Counted(quality.FILLED),), (Counted(quality.ASKED),)),)),
    by=_BY,
    direction="up",
)

DUPLICATES = Kpi(
    name="duplicate_events",
    unit="events",
    area="quality",
    tile=25,
    meaning="Events that a source system has sent again.",
    formula=(
        "Records whose source and id were known for the same key, at the event's time; their content is not looked at. "
        "An event of before an erasure that comes after it is one too."
    ),
    source="A4",
    compute=Tally(quality.DUPLICATES),
    by=_BY,
    direction="down",
)

LATE = Kpi(
    name="late_events",
    unit="events",
    area="quality",
    tile=24,
    meaning="Events that came so late that what was settled by then stays as it was.",
    formula=(
        "Events older, by more than the lateness horizon of the policies, than the newest event of their key when they "
        "arrive; at their own time."
    ),
    source="A4",
    compute=Tally(quality.LATE),
    by=_BY,
    direction="down",
)

SOURCE_FRESHNESS = Kpi(
    name="source_freshness_seconds",
    unit="seconds",
    area="quality",
    tile=23,
    meaning="How long ago the newest event of each source system happened.",
    formula=(
        "Now - the beginning of the minute of the newest event that was folded, of all topics; of the hour when that "
        "is longer ago than the longest window of minutes, of the day beyond the longest window of hours. Absent for a "
        "source without an event in any window. The total: the newest event of any source."
    ),
    source="A4",
    compute=Silence(quality.APPLIED),
    by=_BY,
    windowed=False,
    direction="down",
)

KPIS = (EVENT_VALID, FIELD_COMPLETE, DUPLICATES, LATE, SOURCE_FRESHNESS)

OF_DELIVERIES = frozenset({EVENT_VALID.name, DUPLICATES.name, LATE.name})
"""KPIs about how events arrive and not about what they say: these alone depend on order and repetition."""
