"""What the API answers, field by field: names and types that programs rely on, and that its document is made of."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

State = Literal["waiting", "at_risk", "overdue"]

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339 in UTC, with milliseconds."""
Text = Annotated[str, Meta(description="For people.")]
Metric = Annotated[str, Meta(description="Name of the gauge on /metrics.", examples=["crm_leads_waiting"])]
Window = Annotated[str | None, Meta(description="Rolling window; null for what speaks of now.", examples=["24h", None])]
Labels = Annotated[Mapping[str, str], Meta(description="Fixed labels, and at most one breakdown label.")]
Resting = Annotated[int, Meta(description="How many things the number rests on.")]
Url = Annotated[str, Meta(description="Path and query on this board.")]
Failed = Annotated[str | None, Meta(description="Why it could not be computed; null if it could.")]


class Figures(TypedDict):
    """What every answer with figures begins with."""

    at: Annotated[Moment | None, Meta(description="For when the figures are; null before the first event of a replay.")]
    watermark: Annotated[Moment | None, Meta(description="Newest event time that is in the figures.")]
    warnings: Annotated[Sequence[str], Meta(description="What a reader should know, for example a lost broker.")]


class Sample(TypedDict):
    """One number of one KPI, as the gauge of the same name carries it."""

    metric: Metric
    part: Annotated[
        Literal["", "mean", "numerator", "denominator", "low", "high"],
        Meta(description="Empty for the value itself, or which companion of it this is."),
    ]
    window: Window
    labels: Labels
    value: Annotated[float, Meta(description="In the unit of the KPI.")]
    n: Resting


class Declaration(TypedDict):
    """What the catalogue says of a KPI."""

    name: Annotated[str, Meta(description="Stable name, for example `leads_waiting`.")]
    area: Annotated[str, Meta(description="Group that it is shown in.")]
    unit: Annotated[str, Meta(description="`seconds`, `ratio` (0.5 is one half), or what is counted.")]
    metric: Metric
    meaning: Annotated[str, Meta(description="One sentence for people.")]
    formula: Annotated[str, Meta(description="The definition in words, exact enough to compute it anew.")]
    source: str
    by: Annotated[Sequence[str], Meta(description="Breakdown labels; a number carries at most one.")]
    windowed: Annotated[bool, Meta(description="Whether it has rolling windows, or speaks of now.")]
    direction: Annotated[
        Literal["up", "down"] | None, Meta(description="Whether more is better (up), worse (down), or neither.")
    ]
    clock: Annotated[str | None, Meta(description="Clock whose open ones are behind it.")]
    url: Url


class Kpi(Declaration):
    """A row of the catalogue: the declaration and the value that stands for it."""

    ok: bool
    error: Failed
    series: Annotated[int, Meta(description="How many numbers it has in all.")]
    headline: Annotated[Sample | None, Meta(description="The number that most people mean; null without data.")]
    variants: Annotated[Sequence[Sample], Meta(description="One per funnel step, age, promise...; headline first.")]


class Catalogue(Figures):
    """All KPIs, or those of one area."""

    areas: Sequence[str]
    windows: Annotated[Sequence[str], Meta(description="Rolling windows that there are, shortest first.")]
    total: Annotated[int, Meta(description="How many KPIs follow.")]
    kpis: Sequence[Kpi]


class Clock(TypedDict):
    """Somebody who waits."""

    clock: Annotated[str, Meta(description="Which promise, for example `lead_response`.")]
    relationship: Annotated[str, Meta(description="Id of the lead or customer.")]
    item: Annotated[str, Meta(description="Id of the case or call; empty where the relationship itself waits.")]
    state: Annotated[State, Meta(description="The most pressing one.")]
    since: Moment | None
    due: Annotated[Moment | None, Meta(description="Null without a promised time.")]
    at_risk_from: Moment | None
    waiting_seconds: Annotated[float, Meta(description="From `since` to the answer's `at`.")]
    due_in_seconds: Annotated[float | None, Meta(description="From the answer's `at` to `due`; negative if overdue.")]
    policy: Annotated[str | None, Meta(description="Policy that set the due time.")]
    paused: Annotated[bool, Meta(description="Whether it waits for the customer.")]
    imported: Annotated[bool, Meta(description="Whether it came with an import; such ones are never overdue.")]
    labels: Annotated[Mapping[str, str], Meta(description="Channel, team, owner_id, priority, as far as known.")]
    owner: Annotated[str | None, Meta(description="Name of the owner, or the id without one.")]
    crm_url: Annotated[str | None, Meta(description="Where it is found in the CRM.")]


class ClockList(TypedDict):
    """The open clocks behind a number; `total` equals the number."""

    clock: str
    labels: Annotated[Mapping[str, str], Meta(description="Fixed labels of the number that the list is behind.")]
    state: Annotated[State | None, Meta(description="Null for a KPI that counts by a test of its own.")]
    total: int
    items: Annotated[Sequence[Clock], Meta(description="The most urgent first, as many as `limit` says.")]
    url: Annotated[str, Meta(description="Where all of them are, page by page.")]


class Goal(TypedDict):
    """What was aimed at."""

    at_least: float | None
    at_most: float | None
    met: bool


class Paced(TypedDict):
    """How far a number has come in a calendar period that has a goal, and how far it should have by now."""

    period: Annotated[Literal["day", "week", "month", "quarter"], Meta(description="In UTC.")]
    value: Annotated[float, Meta(description="In the period so far.")]
    planned: Annotated[float, Meta(description="What there should be by now, in business time.")]
    pace: Annotated[float, Meta(description="`value` / `planned`.")]
    goal: Annotated[Goal, Meta(description="For the whole period.")]


class Past(TypedDict):
    """What the value was since the board started, a point every 15 s for at most four hours."""

    times: Annotated[Sequence[int], Meta(description="Seconds since the Unix epoch.")]
    values: Sequence[float | None]


class KpiDetail(Figures, Declaration):
    """Everything behind one KPI, so that its number can be traced."""

    ok: bool
    error: Failed
    value: Annotated[float | None, Meta(description="The number that most people mean; null without data.")]
    n: Resting
    window: Window
    labels: Labels
    numerator: float | None
    denominator: float | None
    mean: float | None
    goal: Goal | None
    pace: Annotated[Paced | None, Meta(description="Of the shortest period with a goal; null without one.")]
    excluded: Annotated[
        Mapping[str, Mapping[str, int]], Meta(description="By window, how many were left out for which reason.")
    ]
    windows: Annotated[Sequence[str], Meta(description="Rolling windows that it has numbers for.")]
    totals: Annotated[Sequence[Sample], Meta(description="The numbers without a breakdown label.")]
    breakdowns: Annotated[
        Mapping[str, Mapping[str, Sequence[Sample]]], Meta(description="By breakdown label, then by its value.")
    ]
    people: Annotated[Mapping[str, str], Meta(description="Names by the ids in the breakdowns.")]
    samples: Annotated[Sequence[Sample], Meta(description="All numbers.")]
    open_clocks: Sequence[ClockList]
    history: Past
    grafana_url: Annotated[str | None, Meta(description="Where Grafana shows it over time; null where nobody said.")]


class Counts(TypedDict):
    """How many wait for one promise; `waiting` is everyone, the two others are among them."""

    waiting: int
    at_risk: int
    overdue: int


class ClockPage(Figures):
    """One page of those who wait."""

    total: Annotated[int, Meta(description="How many there are on all pages.")]
    offset: int
    limit: int
    next: Annotated[str | None, Meta(description="The page after this one; null on the last.")]
    previous: Annotated[str | None, Meta(description="The page before this one; null on the first.")]
    counts: Annotated[Mapping[str, Counts], Meta(description="By clock, whatever was filtered for.")]
    values: Annotated[Mapping[str, Sequence[str]], Meta(description="By parameter, what it may be narrowed to.")]
    items: Sequence[Clock]


class Partition(TypedDict):
    """How far one partition of the state is read."""

    topic: str
    partition: int
    position: int | None
    end: int | None
    lag: int | None
    caught_up: bool


class Readiness(TypedDict):
    """Whether the figures are whole, and why not."""

    ready: bool
    reasons: Sequence[str]
    warnings: Sequence[str]
    broker_up: bool
    read_ratio: float | None
    records: int
    last_record_at: Moment | None
    partitions: Sequence[Partition]


class Health(TypedDict):
    """That the process works."""

    status: Literal["ok"]
    version: str


class Failure(TypedDict):
    """A request that got no data: a word for programs, a sentence and a hint for people."""

    error: Annotated[str, Meta(description="A stable word for programs.", examples=["unknown_kpi"])]
    message: Text
    hint: Annotated[str, Meta(description="What to do.")]
    suggestions: NotRequired[Annotated[Sequence[str], Meta(description="What may have been meant.")]]
    reasons: NotRequired[Annotated[Sequence[str], Meta(description="Why the board is not ready.")]]
    read_ratio: NotRequired[float | None]
    kpi: NotRequired[Annotated[Declaration, Meta(description="The KPI that failed.")]]


SHAPES = (Catalogue, KpiDetail, ClockPage, Readiness, Health, Failure)
"""The answers; what they are made of follows from them."""
