"""Prometheus rules, their tests for promtool, and a runbook page per alert: all from the declarations of the alerts."""

from __future__ import annotations

from typing import Any

from stream_app.generate.yaml_text import yaml_text
from stream_app.rules import ALERTS, GROUPS, RECORDINGS, Alert
from stream_app.rules.business import FRESH
from stream_app.rules.told import TOLD, Told

RULES, TESTS, RUNBOOKS = "prometheus/rules/crm-pulse.yml", "prometheus/tests", "docs/runbooks"
_MADE = "# Made by `crm-pulse gen` from stream_app/rules; edit those.\n"
SEVERITIES = {
    "page": "somebody has to act now",
    "warn": "somebody should look at it today",
    "none": "it is for nobody",
}


def rule_files() -> dict[str, str]:
    """Return the text of every file by its path."""
    known: dict[str, Alert | Told] = {**ALERTS, **TOLD}
    pages = {f"{RUNBOOKS}/{name}.md": runbook(alert) for name, alert in known.items()}
    return {
        RULES: _MADE + yaml_text({"groups": groups()}),
        f"{RUNBOOKS}/README.md": index(),
        **pages,
        **test_files(),
    }


def test_files() -> dict[str, str]:
    """Return the tests by path: a file for each interval, as promtool evaluates the rules of a file at one of them."""
    found = {}
    for interval in dict.fromkeys(case.interval for alert in ALERTS.values() for case in alert.cases):
        order = [group["name"] for group in groups()]  # what others ask for first, or it is an interval old
        head = {
            "rule_files": ["../rules/crm-pulse.yml"],
            "evaluation_interval": interval,
            "group_eval_order": order,
        }
        found[f"{TESTS}/every-{interval}.yml"] = _MADE + yaml_text({**head, "tests": tests(interval)})
    return found


def expression(alert: Alert) -> str:
    """Return the PromQL of an alert; that of a business alert says nothing while the data is old."""
    return f"({alert.expr}) and on () ({FRESH} == 1)" if alert.fresh else alert.expr


def groups() -> list[dict[str, Any]]:
    """Return the groups of rules; what others ask for comes first."""
    recorded = {"name": "crm-pulse-records", "rules": [{"record": one.name, "expr": one.expr} for one in RECORDINGS]}
    return [recorded, *({"name": name, "rules": [rule(alert) for alert in alerts]} for name, alerts in GROUPS.items())]


def rule(alert: Alert) -> dict[str, Any]:
    """Return one alerting rule; addresses come from the external labels of prometheus.yml."""
    return {
        "alert": alert.name,
        "expr": expression(alert),
        "for": alert.lasting,
        "labels": {"severity": alert.severity, **alert.labels},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{{{{ $externalLabels.board }}}}/runbooks/{alert.name}",
            "dashboard_url": f"{{{{ $externalLabels.grafana }}}}/d/crm-pulse-{alert.dashboard}",
        },
    }


def tests(interval: str) -> list[dict[str, Any]]:
    """Return two tests per case: not firing at the last silent moment, firing at the first one after."""
    found = []
    for alert in ALERTS.values():
        for number, case in enumerate(alert.cases, 1):
            if case.interval != interval:
                continue
            firing = f'count(ALERTS{{alertname="{alert.name}",alertstate="firing"}})'
            found.append({
                "name": f"{alert.name}, case {number}",
                "interval": case.interval,
                "input_series": [{"series": series, "values": values} for series, values in case.series],
                "promql_expr_test": [
                    {"expr": firing, "eval_time": case.silent, "exp_samples": []},
                    {"expr": firing, "eval_time": case.fires, "exp_samples": [{"labels": "{}", "value": 1}]},
                ],
            })  # fmt: skip
    return found


def runbook(alert: Alert | Told) -> str:
    """Return the page of one alert."""
    lines = [
        f"# {alert.name}",
        "",
        *(_by_the_board(alert) if isinstance(alert, Told) else _by_rule(alert)),
        "## What it means",
        "",
        alert.description,
        "",
        "## What it usually is",
        "",
        *(f"* {cause}" for cause in alert.causes),
        "",
        "## What to do",
        "",
        *(f"{number}. {step}" for number, step in enumerate(alert.steps, 1)),
        "",
        "[All alerts](README.md)",
    ]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _by_rule(alert: Alert) -> list[str]:
    gate = "\nIt is silent while no new events come in, or the board is not ready.\n" if alert.fresh else ""
    return [
        f"**{alert.severity}**: {SEVERITIES[alert.severity]}. Fires when this holds for {alert.lasting}:",
        "",
        f"```promql\n{expression(alert)}\n```",
        gate,
    ]


def _by_the_board(alert: Told) -> list[str]:
    severity = f"**{alert.severity}**: {SEVERITIES[alert.severity]}."
    return [f"{severity} The board tells an Alertmanager itself, to the second, when {alert.when}.", ""]


def index() -> str:
    """Return the page that lists all alerts."""
    lines = [
        "# Runbooks",
        "",
        "One page for each alert of [the rules](../../prometheus/rules/crm-pulse.yml): what it means, what to do.",
        "The board serves them too, at `/runbooks/<alert>`.",
        "",
        "| alert | severity | fires after | says |",
        "|---|---|---|---|",
        *(f"| [{a.name}]({a.name}.md) | {a.severity} | {a.lasting} | {a.summary} |" for a in ALERTS.values()),
        "",
        "The board tells an Alertmanager itself, to the second, of single promises ([how](../alerts.md)):",
        "",
        "| alert | severity | when |",
        "|---|---|---|",
        *(f"| [{told.name}]({told.name}.md) | {told.severity} | {told.when} |" for told in TOLD.values()),
        "",
        "Recorded:",
        "",
        *(f"* `{one.name}`: {one.why}" for one in RECORDINGS),
    ]
    return "\n".join(lines) + "\n"
