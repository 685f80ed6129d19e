"""Read the funnels of a policies file, and hold their steps against the event contract."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from schemas import CAMPAIGN_EVENTS, EVENTS, USER_EVENTS
from schemas.event_data import EventData
from stream_app.places import Path
from stream_app.policies.durations import parse_ms
from stream_app.policies.funnels import NEWSLETTER, SALES, Funnel, Match, Step, Value
from stream_app.policies.problems import Findings, similar
from stream_app.policies.tables import FunnelTable, MatchTable, StepTable

SHIPPED: Mapping[str, Funnel] = {funnel.name: funnel for funnel in (SALES, NEWSLETTER)}

_ELSEWHERE = USER_EVENTS | CAMPAIGN_EVENTS
_EVENTS: Mapping[str, type[EventData]] = {
    type_.removeprefix("crm.").removesuffix(".v1"): model for type_, model in EVENTS.items() if type_ not in _ELSEWHERE
}


def read_funnels(raw: Mapping[str, Any], findings: Findings) -> tuple[Funnel, ...]:
    """Read every ``[funnels.<name>]``; the shipped ones stay unless the file changes or disables them."""
    funnels = dict(SHIPPED)
    for name, table in raw.items():
        path: Path = ("funnels", name)
        read = findings.salvage(FunnelTable, table, path)
        funnels[name] = _funnel(name, read, path, findings)
        if not read.enabled:
            del funnels[name]
    return tuple(funnels.values())


def _funnel(name: str, read: FunnelTable, path: Path, findings: Findings) -> Funnel:
    shipped = SHIPPED.get(name)
    funnel = shipped or Funnel(name, read.key, read.order, parse_ms(read.window), ())
    given = read.model_fields_set
    funnel = replace(
        funnel,
        key=read.key if "key" in given else funnel.key,
        order=read.order if "order" in given else funnel.order,
        window_ms=parse_ms(read.window) if "window" in given else funnel.window_ms,
        steps=funnel.steps if read.steps is None else _steps(read.steps, (*path, "steps"), findings),
        exits=funnel.exits if read.exits is None else _steps(read.exits, (*path, "exits"), findings),
        exclude=funnel.exclude if read.exclude is None else _steps(read.exclude, (*path, "exclude"), findings),
    )
    if len(read.steps or funnel.steps) < 2:
        findings.add(path, f"funnel {name!r} has fewer than two steps", "give it steps = [ ... ]: an entry and a goal")
    if funnel.key == "message" and funnel.steps:
        for match in funnel.steps[0].any_of:
            if "message_id" not in _EVENTS[match.event].model_fields:
                findings.add(
                    (*path, "steps", 0),
                    f"{match.event} has no message_id, so it cannot enter a funnel of messages",
                    'begin with email.sent, or set key = "relationship"',
                )
    return funnel


def _steps(raw: Sequence[Any], path: Path, findings: Findings) -> tuple[Step, ...]:
    steps: dict[str, Step] = {}
    for number, item in enumerate(raw):
        where: Path = (*path, number)
        read = findings.read(StepTable, item, where)
        if read is None:
            continue
        if read.name in steps:
            findings.add(where, f"the name {read.name!r} is taken by a step before it", "give each step its own name")
        if read.event is not None:
            matches = [_match(MatchTable(event=read.event, where=read.where), where, findings)]
        else:
            matches = [
                _match(
                    findings.read(MatchTable, {"event": one} if isinstance(one, str) else one, place), place, findings
                )
                for order, one in enumerate(read.events or ())
                for place in [(*where, "events", order)]
            ]
        if not matches:
            findings.add(where, f"no event reaches the step {read.name!r}", 'write events = ["deal.won", ...]')
        steps[read.name] = Step(read.name, tuple(match for match in matches if match is not None))
    return tuple(steps.values())


def _match(read: MatchTable | None, path: Path, findings: Findings) -> Match | None:
    """Return the match, unless the contract has no such event, field or value."""
    if read is None:
        return None
    model = _EVENTS.get(read.event)
    if model is None:
        elsewhere = f"crm.{read.event}.v1" in _ELSEWHERE
        problem = f"{read.event} is not about a relationship" if elsewhere else f"unknown event {read.event!r}"
        findings.add((*path, "event"), problem, f"write {similar(read.event, _EVENTS)}")
        return None
    where: dict[str, tuple[Value, ...]] = {}
    for name, wanted in read.where.items():
        if name not in model.model_fields:
            known = similar(name, model.model_fields)
            findings.add((*path, "where", name), f"{read.event} has no field {name!r}", f"write {known}")
            continue
        values = wanted if isinstance(wanted, list) else [wanted]
        field = model.model_fields[name]
        field_type: Any = Annotated[field.annotation, field]
        kind = TypeAdapter[Any](field_type)
        for value in values:
            try:
                kind.validate_python(value, strict=True)
            except ValidationError as invalid:
                reason = invalid.errors()[0]["msg"].removeprefix("Input should be ")
                findings.add((*path, "where", name), f"{name} of {read.event} is never {value!r}", f"write {reason}")
        where[name] = tuple(values)
    return Match(read.event, where)
