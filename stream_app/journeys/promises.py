"""Running clocks with a due time: started, moved to another policy, and settled as met or breached."""

from __future__ import annotations

from stream_app.journeys.state import Promise
from stream_app.policies import Policies, Target


def start(policies: Policies, target: Target | None, team: str | None, since: int) -> Promise:
    """Start a clock at *since* ms; without a target it runs with no due time.

    The risk time is the moment when ``risk_share`` of the target has been used, in the target's calendar.
    """
    if target is None:
        return Promise(since)
    calendar = policies.clock_calendar(target, team)
    target_ms = target.seconds * 1000
    return Promise(
        since,
        calendar.due(since, target_ms),
        calendar.due(since, int(target_ms * policies.risk_share)),
        target.name,
    )


def moved(
    policies: Policies, promise: Promise, target: Target | None, team: str | None, at: int, stopped: int = 0
) -> Promise:
    """Return *promise* under the policy that holds after a move at *at* ms; its clock has stood still for *stopped* ms.

    A promise that was already broken or decided stays as it was: the old target holds for the old breach.
    """
    if promise.decided or (promise.due is not None and promise.due < at):
        return promise
    fresh = start(policies, target, team, promise.since + stopped)
    fresh.since = promise.since
    return fresh


def met(promise: Promise, at: int) -> bool | None:
    """Tell whether a clock that stopped at *at* ms kept its promise; ``None`` when nothing was promised."""
    return None if promise.due is None else at <= promise.due


def decided_at(promise: Promise, at: int) -> int:
    """Return when the outcome was decided: the answer when met, the due time when breached (ms)."""
    return at if promise.due is None or at <= promise.due else promise.due
