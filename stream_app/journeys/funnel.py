"""The funnel: configurable steps in sequential, strict or any order, with a window to convert.

Everything is counted in the cohort of the entry, so that a step never outnumbers the one before it. Whoever has
not converted is in progress until the window has passed, and only then dropped: the board tells the two apart by
the age of the cohort, so no timer is needed here. Excluded entities take all their counts back.
"""

from __future__ import annotations

from stream_app.journeys.part import Emission, Fact
from stream_app.journeys.state import Progress, Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Funnel, Moves

_BY = ("channel", "campaign")
_STEP = ("funnel", "step")

STEP = Measure("funnel_step", Kind.COUNT, "1", "Entities that reached a step, by entry.", by=_BY, dims=_STEP)
HERE = Measure("funnel_here", Kind.COUNT, "1", "Entities whose furthest step this is, by entry.", by=_BY, dims=_STEP)
STEP_TIME = Measure(
    "funnel_step_time",
    Kind.HISTOGRAM,
    "seconds",
    "Time from the step before to this one, by entry.",
    by=_BY,
    dims=_STEP,
)
CONVERSION = Measure(
    "funnel_conversion",
    Kind.HISTOGRAM,
    "seconds",
    "Time from entry to the last step, by entry.",
    by=_BY,
    dims=("funnel",),
)
EXIT = Measure(
    "funnel_exit", Kind.COUNT, "1", "Entities that left by an exit, by entry.", by=_BY, dims=("funnel", "exit")
)
EXCLUDED = Measure("funnel_excluded", Kind.COUNT, "1", "Entities taken out by an exclusion.", by=_BY, dims=("funnel",))


def advance(rel: Relationship, fact: Fact, every: tuple[Moves, ...], out: list[Emission]) -> None:
    """Let the event of *fact* move the relationship through *every* funnel that it concerns."""
    for moves in every:
        entity = _entity(rel, fact, moves.funnel)
        if entity is not None:
            _advance(rel, entity, fact, moves, out)


def _entity(rel: Relationship, fact: Fact, funnel: Funnel) -> str | None:
    """Name the entity that the event belongs to: the relationship, or the message that it answers to."""
    if funnel.key == "relationship":
        return funnel.name
    message = getattr(fact.data, "message_id", None)
    if message is not None:
        return f"{funnel.name}|{message}"
    return _latest_message(rel, fact, funnel)


def _latest_message(rel: Relationship, fact: Fact, funnel: Funnel) -> str | None:
    """Find the message that an order or an opt-out answers: the furthest, then the latest, of its campaign."""
    campaign = getattr(fact.data, "campaign_id", None)
    prefix = f"{funnel.name}|"
    found: tuple[int, int, str] | None = None
    for entity, progress in rel.funnels.items():
        if not entity.startswith(prefix) or progress.over or fact.at - progress.entered_at > funnel.window_ms:
            continue
        if campaign is not None and progress.campaign != campaign:
            continue
        found = max(found or (0, 0, ""), (len(progress.steps), progress.entered_at, entity))
    return found[2] if found else None


def _advance(rel: Relationship, entity: str, fact: Fact, moves: Moves, out: list[Emission]) -> None:
    funnel = moves.funnel
    progress = rel.funnels.get(entity)
    if progress is not None and fact.at - progress.entered_at > funnel.window_ms:
        progress = None  # its window has passed: what happens now may start another cohort
    if progress is None or progress.over:
        _enter(rel, entity, fact, moves, out)
        return
    for match in moves.exclude:
        if match.holds(fact.data):
            _exclude(progress, funnel, out)
            return
    for name, match in moves.exits:
        if match.holds(fact.data):
            _leave(progress, funnel, out)
            out.append((EXIT, progress.entered_at, 1, (funnel.name, name), _labels(progress), 1))
            return
    number = _next_step(progress, fact, moves)
    if number is not None:
        _reach(progress, number, fact.at, funnel, out)
    elif funnel.order == "strict":
        _leave(progress, funnel, out)
        _enter(rel, entity, fact, moves, out)


def _labels(progress: Progress) -> tuple[str | None, str | None]:
    return progress.channel, progress.campaign


def _enter(rel: Relationship, entity: str, fact: Fact, moves: Moves, out: list[Emission]) -> None:
    funnel = moves.funnel
    for number, match in moves.steps:
        if (number == 0 or funnel.order == "any") and match.holds(fact.data):
            break
    else:
        return
    by_message = funnel.key == "message"
    channel = "email" if by_message else rel.channel
    campaign = fact.data.campaign_id if by_message else rel.campaign
    progress = Progress(fact.at, [], channel, campaign)
    if by_message:
        _forget(rel, fact.at - funnel.window_ms, f"{funnel.name}|")
    rel.funnels[entity] = progress
    _reach(progress, number, fact.at, funnel, out)


def _forget(rel: Relationship, before: int, prefix: str) -> None:
    """Drop the messages that entered *before* (ms): their window has passed."""
    entities = rel.funnels
    stale = [name for name, old in entities.items() if old.entered_at < before and name.startswith(prefix)]
    for name in stale:
        del entities[name]


def _next_step(progress: Progress, fact: Fact, moves: Moves) -> int | None:
    """Return the number of the step that the event takes next, or ``None`` when it takes none."""
    in_any_order = moves.funnel.order == "any"
    done = {number for number, _ in progress.steps} if in_any_order else ()
    following = progress.steps[-1][0] + 1
    for number, match in moves.steps:
        if (number not in done if in_any_order else number == following) and match.holds(fact.data):
            return number
    return None


def _reach(progress: Progress, number: int, at: int, funnel: Funnel, out: list[Emission]) -> None:
    labels, entered, level = _labels(progress), progress.entered_at, len(progress.steps)
    name = _step_name(funnel, level)
    if level:
        out.append((HERE, entered, 1, (funnel.name, _step_name(funnel, level - 1)), labels, -1))
        out.append((STEP_TIME, entered, at - progress.steps[-1][1], (funnel.name, name), labels, 1))
    out.append((STEP, entered, 1, (funnel.name, name), labels, 1))
    out.append((HERE, entered, 1, (funnel.name, name), labels, 1))
    progress.steps = [*progress.steps, (number, at)]
    if len(progress.steps) == len(funnel.steps):
        progress.over = True
        out.append((CONVERSION, entered, at - entered, (funnel.name,), labels, 1))


def _step_name(funnel: Funnel, level: int) -> str:
    """Return the label of the step at *level*: its own name, as any order counts how many steps were done."""
    return funnel.steps[level].name


def _leave(progress: Progress, funnel: Funnel, out: list[Emission]) -> None:
    progress.over = True
    furthest = _step_name(funnel, len(progress.steps) - 1)
    out.append((HERE, progress.entered_at, 1, (funnel.name, furthest), _labels(progress), -1))


def _exclude(progress: Progress, funnel: Funnel, out: list[Emission]) -> None:
    """Take back all that the entity has counted, and count it as excluded."""
    labels, entered = _labels(progress), progress.entered_at
    _leave(progress, funnel, out)
    for level, (_, at) in enumerate(progress.steps):
        dims = (funnel.name, _step_name(funnel, level))
        out.append((STEP, entered, 1, dims, labels, -1))
        if level:
            out.append((STEP_TIME, entered, at - progress.steps[level - 1][1], dims, labels, -1))
    out.append((EXCLUDED, entered, 1, (funnel.name,), labels, 1))


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Go on with the other's progress too; where both are in a funnel, with the one that has come further."""
    for entity, theirs in gone.funnels.items():
        mine = rel.funnels.get(entity)
        if mine is None or _further(theirs) > _further(mine):
            rel.funnels[entity] = theirs


def _further(progress: Progress) -> tuple[bool, int, int]:
    """Rank progress: what still goes on, then the furthest, then the earliest."""
    return not progress.over, len(progress.steps), -progress.entered_at


MEASURES = (
    STEP,
    HERE,
    STEP_TIME,
    CONVERSION,
    EXIT,
    EXCLUDED,
)
