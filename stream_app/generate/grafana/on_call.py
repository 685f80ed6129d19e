"""The dashboard of whoever is on duty: who waits, whose promise is at risk or broken, how fast promises break."""

from collections.abc import Sequence

from stream_app.generate.expressions import broken_down
from stream_app.generate.grafana.area_page import leading, pairs
from stream_app.generate.grafana.kpi_panels import by, course, tile
from stream_app.generate.grafana.page import Row
from stream_app.generate.grafana.panels import GOAL, PanelBuilder, lines, query, states
from stream_app.generate.grafana.tables import side_by_side
from stream_app.generate.grafana.trust import strip
from stream_app.generate.grafana.words import SHORT, title
from stream_app.kpis.kinds.waiting import Oldest, Open, waiting
from stream_app.kpis.kpi import Kpi
from stream_app.rules.business import FAST_BURN, SLOW_BURN

AREAS = ("response", "service")
"""Where people wait for an answer."""
OPEN = {"0": ("closed", "text"), "1": ("open", "green")}


def on_call_rows(kpis: Sequence[Kpi]) -> list[Row]:
    """Return the rows: counts of those who wait, by team, burn rates, then the speed of answers."""
    answers = [kpi for kpi in kpis if kpi.area in AREAS]
    counts = [kpi for kpi in answers if isinstance(kpi.compute, Open)]
    oldest = [kpi for kpi in answers if isinstance(kpi.compute, Oldest)]
    broken = [kpi for kpi in counts if isinstance(kpi.compute, Open) and kpi.compute.test is not waiting]
    shown = [*counts, *oldest]
    response = [kpi for kpi in kpis if kpi.area == "response" and kpi not in shown]
    return [
        Row("", strip()),
        Row("Who waits now", [*(tile(kpi).span(4).height(5) for kpi in shown)]),
        Row("By team", [by_team(counts), firing()]),
        Row("Promises", [*(burn(*speed) for speed in (("fast", FAST_BURN), ("slow", SLOW_BURN))), opening()]),
        Row("Over time", [course(kpi) for kpi in (*broken, *leading(response)[:3])]),
        Row("By owner", [by(kpi, "owner_id") for kpi in counts if "owner_id" in kpi.by], closed=True),
        Row("Response", pairs([*oldest, *response]), closed=True),
    ]


def by_team(counts: Sequence[Kpi]) -> PanelBuilder:
    """Return the table with a row per team and a column per count."""
    return side_by_side(
        "Who waits, by team",
        "Waiting, at risk and overdue per team. The lists behind the numbers are on the board, at /clocks.",
        {title(kpi): (f"sum by (team) ({broken_down(kpi, 'team')})", SHORT) for kpi in counts if "team" in kpi.by},
        of="team",
        no_value="Nobody waits",
    )


def firing() -> PanelBuilder:
    """Return the alerts that fire."""
    return side_by_side(
        "Alerts that fire",
        "What Prometheus has found, by alert. Each has a runbook on the board.",
        {"Firing": ('max by (alertname, severity, team) (ALERTS{alertstate="firing", alertname=~"Crm.*"})', SHORT)},
        no_value="No alert fires",
    )


def burn(speed: str, limit: int) -> PanelBuilder:
    """Return how fast promises are broken in the two windows of a *speed*, with the rate at which the alert fires."""
    labels = "promise, window, team"
    panel = lines(
        f"Burn rate, {speed}",
        f"How many times faster promises break than the objective allows. At {limit} in both windows the alert fires, "
        "in the open hours of the team.",
        [
            query(
                f'max by ({labels}) (crm_slo_burn_rate{{speed="{speed}",team=~"$team"}})',
                "{{promise}} {{window}} {{team}}",
            ),
            query(f"vector({limit})", "alert", GOAL),
        ],
    )
    return panel.span(8).min(0)


def opening() -> PanelBuilder:
    """Return when each team was open."""
    return states(
        "Hours of the teams",
        "When each team is in its business hours, by its calendar. Burn rates alert in open hours only.",
        "max by (team) (crm_team_open)",
        "{{team}}",
        OPEN,
        "No team has hours",
    ).span(8)
