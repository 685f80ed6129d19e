"""The campaign: whether it runs, and what it and everything else costs."""

from __future__ import annotations

import msgspec

from schemas import to_ms
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Campaign, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_DAY_MS = 86_400_000
LONGEST_DAYS = 3_660
"""Most days that one cost is spread over, ten years; what is for longer is spread over these."""

ACTIVE = Measure("campaigns_active", Kind.STOCK, "1", "Campaigns that run.", by=("campaign", "channel"), bucket="none")
COSTS = Measure(
    "costs", Kind.SUM, "minor units of the reporting currency", "Money spent.",
    by=("channel", "campaign", "segment"), dims=("category",),
)  # fmt: skip
SPENT = Measure(
    "campaign_costs", Kind.SUM, "minor units of the reporting currency", "Money spent on campaigns.",
    by=("campaign", "channel"),
)  # fmt: skip
IGNORED = Measure("costs_ignored", Kind.COUNT, "1", "Costs left out of money KPIs, by reason.", dims=("reason",))


class Launch(msgspec.Struct, array_like=True, gc=False):
    """That a campaign was launched; a key of the topic that never was is no campaign, but where costs are booked."""

    channel: str | None = None
    active: bool = True


_SLOT = Slot("launch", Launch)


def _launched(campaign: Campaign, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    known = _SLOT.of(campaign)
    channel = fact.data.channel or (known.channel if known is not None else None)
    _SLOT.put(campaign, Launch(channel))


def _ended(campaign: Campaign, _fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    launch = _SLOT.of(campaign)
    if launch is not None:
        launch.active = False


def _cost(campaign: Campaign, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Count a cost where it is spent, day by day where it is for a longer time."""
    data, at = fact.data, fact.at
    amount = policies.money.reported(data.amount, data.currency, at)
    if amount is None:
        out.append((IGNORED, at, 1, ("no_rate",), (), 1))
        return
    launch = _SLOT.of(campaign)
    name, channel = data.campaign_id, data.channel
    if launch is not None and name in (None, campaign.key):
        name, channel = campaign.key, channel or launch.channel
    by, dims = (channel, name, data.segment), (data.category,)
    ends_at = at if data.period_ends_at is None else to_ms(data.period_ends_at)
    for day, share in spread(amount, at, ends_at):
        out.append((COSTS, day, share, dims, by, 1))
        if name is not None:
            out.append((SPENT, day, share, (), (name, channel), 1))


def spread(amount: int, starts_at: int, ends_at: int) -> list[tuple[int, int]]:
    """Return (time, share) of an amount that is for a period in ms: an even share for each UTC day that it touches.

    The shares are whole minor units and add up to the amount. The end is not in the period; one that does not end
    after its start is all at its start.
    """
    first = starts_at // _DAY_MS
    days = min(max((ends_at - 1) // _DAY_MS - first + 1, 1), LONGEST_DAYS)
    times = [starts_at, *((first + day) * _DAY_MS for day in range(1, days))]
    return [(at, amount * (day + 1) // days - amount * day // days) for day, at in enumerate(times)]


_HANDLES: dict[str, Handler] = {"campaign.launched": _launched, "campaign.ended": _ended, "cost.recorded": _cost}


def _standing(campaign: Campaign, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold the campaign while it runs."""
    launch = _SLOT.of(campaign)
    if launch is not None and launch.active:
        stocks.append((ACTIVE, 0, (), (campaign.key, launch.channel)))


PART = Part(
    "campaign",
    _HANDLES,
    _standing,
    (ACTIVE, COSTS, SPENT, IGNORED),
    areas=frozenset({"marketing", "sales", "value", "service"}),
)
