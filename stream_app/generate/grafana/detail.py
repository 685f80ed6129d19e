"""The dashboard of any one KPI, chosen by its name: value, course, breakdowns, and what it rests on."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import bargauge, dashboard, stat, timeseries
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from stream_app.generate.expressions import ANY_WINDOW, CHOSEN, MEDIAN, MOST_MEANT
from stream_app.generate.grafana.links import BOARD, link
from stream_app.generate.grafana.page import Row
from stream_app.generate.grafana.panels import aimed_at, bars, lines, now, number, query
from stream_app.generate.grafana.trust import strip
from stream_app.generate.grafana.words import NO_DATA, SECONDS, SHORT, grafana_unit
from stream_app.kpis.kpi import Kpi

_MOST_MEANT = ",".join(f'{label}=~"{value}|"' for label, value in {"quantile": str(MEDIAN), **MOST_MEANT}.items())
BOTH_WAYS = {"category", "kind"}
"""Labels that break some KPIs down, and tell the numbers of others apart."""
_NOT_BY = "It is not broken down by this"
_BY = "One value per channel, team, owner and so on: what is chosen as Broken down by at the top."
_SAID = (
    "The value of the KPI that is chosen at the top: the total, or that of the chosen channels and teams. "
    "Its definition, formula and the people behind it are one click away, on the board."
)


def breakdowns(kpis: Sequence[Kpi]) -> list[str]:
    """Return every label that breaks one of *kpis* down."""
    return sorted({label for kpi in kpis for label in kpi.by})


def detail_rows(kpis: Sequence[Kpi]) -> list[Row]:
    """Return the rows; the units are those that occur in *kpis*."""
    endings = {kpi.name.rpartition("_")[2]: grafana_unit(kpi.unit) for kpi in kpis if grafana_unit(kpi.unit) != SHORT}
    absent = [label for label in breakdowns(kpis) if label not in (*CHOSEN, *BOTH_WAYS)]
    cut = ",".join([ANY_WINDOW, *(f'{label}=~"${label}"' for label in CHOSEN), *(f'{label}=""' for label in absent)])
    return [
        Row("", strip()),
        Row("$kpi", [_now(f"{cut},{_MOST_MEANT}", endings), _course(cut, endings)]),
        Row("Broken down by $by", [_bars(endings), _lines(endings)]),
        Row("What it rests on", [_parts(cut), *_computing()]),
    ]


def _by_unit(matchers: str, endings: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return expression, name of the query and unit for each unit; a KPI has series in one of them only."""
    refs = "ABCDEFGHIJ"
    named = 'max without (instance) ({{__name__="crm_$kpi",__name__{},{}}})'
    found = [
        (named.format(f'=~".+_{ending}"', matchers), ref, unit)
        for ref, (ending, unit) in zip(refs, endings.items(), strict=False)
    ]
    plain = named.format(f'!~".+_({"|".join(endings)})"', matchers)
    return [*found, (plain, refs[len(endings)], SHORT)]


def _links() -> list[dashboard.DashboardLink]:
    return [
        link("Definition and list", f"{BOARD}/kpis/${{kpi}}?window=${{window}}"),
        link("Who waits", f"{BOARD}/clocks"),
    ]


def _now(cut: str, endings: dict[str, str]) -> stat.Panel:
    panel = number("$kpi now", _SAID, "", no_value=NO_DATA).targets(
        [query(text, ref=ref) for text, ref, _ in _by_unit(cut, endings)]
    )
    for _, ref, unit in _by_unit(cut, endings):
        panel = panel.override_by_query(ref, [DynamicConfigValue("unit", unit)])
    return panel.links([*_links()]).span(8).height(9)


def _course(cut: str, endings: dict[str, str]) -> timeseries.Panel:
    found = _by_unit(cut, endings)
    panel = lines("$kpi over time", _SAID, [query(text, ref=ref) for text, ref, _ in found], no_value=NO_DATA)
    for _, ref, unit in found:
        panel = panel.override_by_query(ref, [DynamicConfigValue("unit", unit)])
    chosen = ",".join([ANY_WINDOW, *(f'{label}=~"${label}"' for label in CHOSEN)])
    panel = aimed_at(
        panel,
        f'max by (bound) (crm_kpi_goal{{kpi="$kpi",{chosen}}})',
        f'max by (severity) (crm_kpi_threshold{{kpi="$kpi",{ANY_WINDOW}}})',
    )
    return panel.links([*_links()]).span(16).height(9)


def _bars(endings: dict[str, str]) -> bargauge.Panel:
    found = _by_unit(f'{ANY_WINDOW},{_MOST_MEANT},$by!=""', endings)
    panel = bars("$kpi by $by", _BY, "vector(0)", no_value=_NOT_BY).targets(
        [now(f"sort_desc({text})", ref=ref) for text, ref, _ in found]
    )
    for _, ref, unit in found:
        panel = panel.override_by_query(ref, [DynamicConfigValue("unit", unit)])
    return panel.links([*_links()]).span(8).height(10)


def _lines(endings: dict[str, str]) -> timeseries.Panel:
    found = _by_unit(f'{ANY_WINDOW},{_MOST_MEANT},$by!=""', endings)
    panel = lines("$kpi by $by over time", _BY, [query(text, ref=ref) for text, ref, _ in found], no_value=_NOT_BY)
    for _, ref, unit in found:
        panel = panel.override_by_query(ref, [DynamicConfigValue("unit", unit)])
    return panel.links([*_links()]).span(16).height(10)


def _parts(cut: str) -> timeseries.Panel:
    named = f'{{__name__=~"crm_${{stem}}_(numerator|denominator|mean|low|high)(_.+)?",{cut}}}'
    return lines(
        "Parts of $kpi",
        "Numerator and denominator of a share, the mean beside quantiles, the bounds of an interval. "
        "Add numerators and denominators before you divide; never average shares.",
        [query(f'label_replace({named},"part","$1","__name__","crm_${{stem}}_([a-z]+).*")', "__auto")],
        no_value="It has no parts",
    ).links([*_links()])


def _computing() -> list[timeseries.Panel]:
    return [
        lines(
            "Series of $kpi",
            "How many series the board publishes for it. Breakdowns have caps; beyond them values count as other.",
            [query('max by (instance) (crm_kpi_series{kpi="$kpi"})', "{{instance}}")],
        )
        .min(0)
        .span(6),
        lines(
            "Time to compute $kpi",
            "What it takes the board to compute it; nothing new is computed while nothing under it has changed.",
            [query('max by (instance) (crm_kpi_collect_duration_seconds{kpi="$kpi"})', "{{instance}}")],
            unit=SECONDS,
        )
        .min(0)
        .span(6),
    ]
