"""An hour of the demo, recorded and folded once for all tests that look at it, at a moment when much goes on."""

import json
from functools import cache
from importlib.resources import as_file, files
from itertools import takewhile

from schemas import BadEvent, decode
from stream_app.kpis.evaluation import Result, fold
from stream_app.policies import Policies, load
from stream_app.simulate import Options, generate
from stream_app.simulate.traffic import SQUEEZED

SECOND_MS = 1_000
HOUR_MS = 3_600 * SECOND_MS
HISTORY_MS = 48 * HOUR_MS
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
ENDS = START + HISTORY_MS + HOUR_MS
DEMO = Options(rate=8.0, squeeze=SQUEEZED, history_ms=HISTORY_MS, history_rate=0.1, broken=0.001, rhythm="past")
"""What `crm-pulse demo` lets happen, as its command has it."""


def waits(log, begins, ends):
    """The (start, end) of the waits in the last minutes: from an event of one type to the first of others."""
    open_, found = {}, []
    for event in log:
        key = (event["subject"], event["data"].get("call_id"))
        if event["type"] == begins and event["data"].get("direction") != "out":
            open_[key] = event["at"]
        elif event["type"] in ends and key in open_ and not event["data"].get("automated"):
            found.append((open_.pop(key), event["at"]))
    return found + [(at, ENDS) for at in open_.values()]


def busy_moment(log):
    """A moment of the last minutes at which a caller waits, and a lead is nearly overdue: both are rare in a demo."""
    events = []
    for value in log:
        try:
            at = decode(value).at
        except BadEvent:
            continue
        if at > ENDS - HOUR_MS // 2:
            events.append({**json.loads(value), "at": at})
    events.sort(key=lambda event: event["at"])
    calls = waits(events, "crm.call.queued.v1", {"crm.call.answered.v1", "crm.call.abandoned.v1", "crm.call.ended.v1"})
    slow = [event for event in events if event["data"].get("channel") != "chat"]  # those are promised 30 s
    leads = waits(slow, "crm.lead.created.v1", {"crm.interaction.logged.v1", "crm.lead.disqualified.v1"})
    moments = (start + SECOND_MS // 2 for start, end in sorted(calls, reverse=True) if end > start + SECOND_MS)
    return next(
        at for at in moments if any(72 * SECOND_MS < at - start < 90 * SECOND_MS and end > at for start, end in leads)
    )


@cache
def hour() -> tuple[Policies, Result]:
    """Return the demo's policies and the hour that was folded by them."""
    log = [sent.value for sent in takewhile(lambda sent: sent.due <= ENDS, generate(1, START, DEMO))]
    with as_file(files("stream_app.demo")) as folder:
        policies = load(folder / "policies.toml")
    return policies, fold(log, policies, busy_moment(log))
