"""The dashboard of what is aimed at: goals and how far they are reached, pace, thresholds, burn of promises."""

from collections.abc import Sequence

from stream_app.generate.grafana.on_call import burn, opening
from stream_app.generate.grafana.page import Row
from stream_app.generate.grafana.panels import PanelBuilder, lines, number, query, states
from stream_app.generate.grafana.tables import side_by_side
from stream_app.generate.grafana.trust import strip
from stream_app.generate.grafana.words import SHARE, SHORT, description
from stream_app.kpis.kpi import Kpi
from stream_app.rules.business import FAST_BURN, SLOW_BURN

_NOTHING_SET = "No goal is set"
_NO_LIMIT = "No threshold is set"
_PERIODS = 'window=~"$window|day|week|month|quarter|"'
_NAME = "{{kpi}} {{window}} {{team}} {{channel}}"
_MET = {"0": ("missed", "red"), "1": ("met", "green")}
_CROSSED = {"0": ("fine", "green"), "1": ("beyond", "red")}


def goals_rows(kpis: Sequence[Kpi]) -> list[Row]:
    """Return the rows; what the goals mean is said by the declarations of *kpis*."""
    said = {kpi.name: description(kpi) for kpi in kpis if kpi.area == "goals"}
    return [
        Row("", strip()),
        Row("Goals", [*_counts(said), _reached(said), _set(said)]),
        Row("Over time", [*_courses(said)]),
        Row("Promises", [burn("fast", FAST_BURN), burn("slow", SLOW_BURN), opening()]),
        Row("Names", [_names(said)], closed=True),
    ]


def _counts(said: dict[str, str]) -> list[PanelBuilder]:
    met = f"max without (instance) (crm_kpi_goal_met{{{_PERIODS}}})"
    crossed = 'max without (instance) (crm_kpi_threshold_crossed{{severity="{}"}})'
    counts = (
        ("Goals met", said["kpi_goal_met"], f"sum({met})", ((None, "blue"),), _NOTHING_SET),
        (
            "Goals missed",
            said["kpi_goal_met"],
            f"sum(1 - {met})",
            ((None, "green"), (1, "orange")),
            _NOTHING_SET,
        ),
        (
            "Beyond warning",
            said["kpi_threshold_crossed"],
            f"sum({crossed.format('warn')})",
            ((None, "green"), (1, "orange")),
            _NO_LIMIT,
        ),
        (
            "Beyond critical",
            said["kpi_threshold_crossed"],
            f"sum({crossed.format('critical')})",
            ((None, "green"), (1, "red")),
            _NO_LIMIT,
        ),
    )
    return [
        number(title, text, expression, steps=steps, no_value=none).span(6).height(4)
        for title, text, expression, steps, none in counts
    ]


def _reached(said: dict[str, str]) -> PanelBuilder:
    return side_by_side(
        "How far the goals are reached",
        f"{said['goal_attainment_ratio']}\n\n{said['goal_pace_ratio']}",
        {
            "Reached": (f"max without (instance) (crm_goal_attainment_ratio{{{_PERIODS}}})", SHARE),
            "Met": (f"max without (instance) (crm_kpi_goal_met{{{_PERIODS}}})", SHORT),
            "Pace": ("max without (instance) (crm_goal_pace_ratio)", SHARE),
        },
        said={"Met": _MET},
        no_value=_NOTHING_SET,
    ).height(10)


def _set(said: dict[str, str]) -> PanelBuilder:
    return side_by_side(
        "What is set",
        f"{said['kpi_goal']}\n\n{said['kpi_threshold']}",
        {
            "Goal": ("max without (instance) (crm_kpi_goal)", SHORT),
            "Threshold": ("max without (instance) (crm_kpi_threshold)", SHORT),
        },
        no_value=_NOTHING_SET,
    ).height(10)


def _courses(said: dict[str, str]) -> list[PanelBuilder]:
    reached = lines(
        "Goals reached over time",
        said["goal_attainment_ratio"],
        [query(f"max without (instance) (crm_goal_attainment_ratio{{{_PERIODS}}})", _NAME)],
        unit=SHARE,
        no_value=_NOTHING_SET,
    )
    pace = lines(
        "Pace",
        said["goal_pace_ratio"],
        [query("max without (instance) (crm_goal_pace_ratio)", _NAME)],
        unit=SHARE,
        no_value="No goal for a day, week, month or quarter is set",
    )
    met = states(
        "Goals met over time",
        said["kpi_goal_met"],
        f"max without (instance) (crm_kpi_goal_met{{{_PERIODS}}})",
        _NAME,
        _MET,
        _NOTHING_SET,
    )
    crossed = states(
        "Thresholds over time",
        said["kpi_threshold_crossed"],
        f"max without (instance) (crm_kpi_threshold_crossed{{{_PERIODS}}})",
        "{{kpi}} {{severity}} {{window}}",
        _CROSSED,
        _NO_LIMIT,
    )
    return [reached.min(0), pace.min(0), met, crossed]


def _names(said: dict[str, str]) -> PanelBuilder:
    return side_by_side(
        "Names of owners and agents",
        said["owner_info"],
        {"Known": ("max by (owner_id, name) (crm_owner_info)", SHORT)},
        no_value="The policies name nobody",
    ).span(24)
