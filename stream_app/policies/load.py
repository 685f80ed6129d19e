"""Read the policies of a business from its TOML file, or say everything that is wrong with it."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

from stream_app.document import Document
from stream_app.places import Places
from stream_app.policies.aims import read_aims
from stream_app.policies.alerts import read_alerts
from stream_app.policies.areas import AREAS
from stream_app.policies.attribution import Attribution
from stream_app.policies.calls import Calls
from stream_app.policies.durations import parse_ms
from stream_app.policies.fingerprint import fingerprint
from stream_app.policies.links import read_links
from stream_app.policies.policies import Policies
from stream_app.policies.problems import Findings, PoliciesError, Problem
from stream_app.policies.promises import read_cases, read_response
from stream_app.policies.rates import read_money
from stream_app.policies.steps import read_funnels
from stream_app.policies.tables import (
    AgesTable,
    AttributionTable,
    CallsTable,
    CaseTables,
    CatalogueTable,
    FileTable,
    MoneyTable,
    PipelineTable,
)
from stream_app.policies.team_hours import TeamHours

# tomllib says "... (at line 3, column 5)".
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


Check = Callable[[Policies, Findings], None]
"""Notes what is wrong with policies that only a higher layer can know."""


def load(origin: FilePath | Document | None = None, check: Check | None = None) -> Policies:
    """Return the policies of a file, or of one that was published; without any, the defaults.

    Raises:
        PoliciesError: The file cannot be read, or something in it is wrong; all problems are named.
    """
    if origin is None:
        return Policies()
    return read(origin if isinstance(origin, Document) else document(origin), check)


def document(path: FilePath) -> Document:
    """Return the file at *path* as it is.

    Raises:
        PoliciesError: It cannot be read.
    """
    try:
        return Document.read(path)
    except OSError as error:
        problem = Problem("the file", None, f"cannot be read: {error.strerror}", "correct the path of the policies")
        raise PoliciesError(str(path), [problem]) from error
    except UnicodeDecodeError as error:
        problem = Problem("the file", None, f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
        raise PoliciesError(str(path), [problem]) from error


def parse(text: str, source: str = "policies.toml", check: Check | None = None) -> Policies:
    """Return the policies that the TOML in *text* describes.

    Raises:
        PoliciesError: Something in it is wrong; all problems are named, as being in *source*.
    """
    return read(Document(text, source), check)


def read(origin: Document, check: Check | None = None) -> Policies:
    """Return the policies that *origin* describes.

    Raises:
        PoliciesError: Something in it is wrong; all problems are named.
    """
    source = origin.source
    try:
        raw = tomllib.loads(origin.text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else None
        message = _AT_LINE.sub("", str(error))
        raise PoliciesError(source, [Problem("TOML", line, message, "correct the syntax")]) from error
    findings = Findings(Places(origin.text))
    policies = _policies(raw, findings, origin)
    if check is not None:
        check(policies, findings)
    if findings.problems:
        raise PoliciesError(source, findings.problems)
    return policies


def _policies(raw: dict[str, Any], findings: Findings, origin: Document) -> Policies:
    """Read all there is; what *findings* holds afterwards decides whether the result may be used."""
    file = findings.salvage(FileTable, raw)
    ages = findings.salvage(AgesTable, file.ages, ("ages",))
    catalogue = findings.salvage(CatalogueTable, file.catalogue, ("catalogue",))
    cases = findings.salvage(CaseTables, file.case, ("case",))
    money = findings.salvage(MoneyTable, file.money, ("money",))
    pipeline = findings.salvage(PipelineTable, file.pipeline, ("pipeline",))
    attribution = findings.salvage(AttributionTable, file.attribution, ("attribution",))
    calls = findings.salvage(CallsTable, file.calls, ("calls",))
    hours = TeamHours(findings)
    hours.read_calendars(file.calendars)
    hours.read_default(file.default_calendar)
    hours.read_teams(file.teams)
    return Policies(
        default_calendar=hours.default,
        calendars=hours.calendars,
        teams=hours.teams,
        response_rules=read_response(file.response, hours, findings),
        case_rules=read_cases(cases, hours, findings),
        risk_share=file.risk_share,
        lateness_ms=parse_ms(file.lateness),
        future_skew_ms=parse_ms(file.future_skew),
        reply_horizon_ms=parse_ms(file.reply_horizon),
        unresponsive_after=file.unresponsive_after,
        renewal_grace_ms=parse_ms(file.renewal_grace),
        freshness={text: parse_ms(text) for text in file.freshness},
        ages={name: parse_ms(text) for name, text in ages.model_dump().items()},
        funnels=read_funnels(file.funnels, findings),
        windows=tuple(file.windows),
        areas=tuple(area for area in AREAS if area in catalogue.areas),
        label_cap=file.label_cap,
        label_caps=file.label_caps,
        owners=file.owners,
        links=read_links(file.links, findings),
        aims=read_aims(file.goals, file.thresholds, file.slo, findings),
        rules="" if (rules := fingerprint(origin)) == fingerprint() else rules,
        money=read_money(money, origin, findings),
        stage_probabilities=pipeline.probabilities,
        tiers=tuple(file.tiers),
        attribution=Attribution(attribution.credit, parse_ms(attribution.window)),
        calls=Calls(
            service_levels={text: parse_ms(text) for text in calls.service_level},
            short_abandon_ms=0 if calls.short_abandon == "none" else parse_ms(calls.short_abandon),
            repeat_contact={text: parse_ms(text) for text in calls.repeat_contact},
        ),
        lead_maturity_ms=parse_ms(file.lead_maturity),
        alerts=read_alerts(file.alerts, hours.teams, findings),
    )
