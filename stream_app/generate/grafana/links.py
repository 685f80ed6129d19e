"""Where a panel leads: the definition and the people behind it on the board, its history, the runbooks."""

import re
from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from stream_app.kpis.kinds.waiting import Open
from stream_app.kpis.kpi import Kpi
from stream_app.rules import ALERTS
from stream_app.rules.alert import Alert

BOARD = "${board:raw}"
"""The address of the board, from the variable of that name; raw, since a URL must not be escaped."""
TAG = "crm-pulse"
"""Every dashboard has it, so that they find one another."""
DETAIL = "crm-pulse-kpi"
"""The uid of the dashboard that shows any KPI."""

_NAME = re.compile(r"\bcrm_\w+")


def link(title: str, url: str) -> dashboard.DashboardLink:
    """Return a link that opens in a tab of its own, so that nobody loses the dashboard."""
    return dashboard.DashboardLink(title).type(DashboardLinkType.LINK).url(url).target_blank(True)


def of_kpi(kpi: Kpi) -> list[dashboard.DashboardLink]:
    """Return the links of a panel about *kpi*: definition, who is behind it, history, what to do when it alerts."""
    window = "?window=${window}" if kpi.windowed else ""
    found = [link("Definition and list", f"{BOARD}/kpis/{kpi.name}{window}")]
    clocks = _clocks(kpi)
    if clocks:
        found.append(link("Who waits", f"{BOARD}/clocks?{clocks}"))
    shared = "".join(f"&${{{name}:queryparam}}" for name in ("window", "channel", "team"))
    found.append(link("All its series", f"/d/{DETAIL}?var-kpi={kpi.name}{shared}"))
    return [*found, *(runbook(alert) for alert in alerts_of({kpi.metric(part) for part in kpi.compute.parts}))]


def _clocks(kpi: Kpi) -> str:
    """Return the question to the list of clocks that has as many answers as the number."""
    if not isinstance(kpi.compute, Open):
        return f"clock={kpi.clock}" if kpi.clock else ""
    names = ",".join(dict.fromkeys(name for name, _ in kpi.compute.clocks))
    state = kpi.compute.test.__name__
    return f"clock={names}" + (f"&state={state}" if state in ("at_risk", "overdue") else "")


def runbook(alert: Alert) -> dashboard.DashboardLink:
    """Return the link to the page that says what to do."""
    return link(f"Runbook {alert.name}", f"{BOARD}/runbooks/{alert.name}")


def alerts_of(metrics: Iterable[str]) -> list[Alert]:
    """Return the alerts that ask for any of the *metrics*."""
    wanted = {*metrics}
    return [alert for alert in ALERTS.values() if wanted & {*_NAME.findall(alert.expr)}]


def of_expression(expression: str) -> list[dashboard.DashboardLink]:
    """Return the runbooks of the alerts that ask for something that *expression* shows."""
    return [runbook(alert) for alert in alerts_of(_NAME.findall(expression))]


def of_dashboard(page: str) -> list[dashboard.DashboardLink]:
    """Return the links at the top: the other dashboards, and the board's own *page*."""
    others = (
        dashboard.DashboardLink("Dashboards")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(True)
    )
    return [others, link("Board", f"{BOARD}{page}"), link("All runbooks", f"{BOARD}/runbooks")]
