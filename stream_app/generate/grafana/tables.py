"""Tables: several figures side by side, one row per thing that they are about."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from stream_app.generate.grafana.links import of_expression
from stream_app.generate.grafana.panels import NEUTRAL, colours, mapping, rows
from stream_app.generate.grafana.variables import DATASOURCE
from stream_app.generate.grafana.words import NO_DATA, SHORT

_HIDDEN = ("Time", "instance", "job", "__name__")


def side_by_side(
    title: str,
    description: str,
    columns: Mapping[str, tuple[str, str]],
    *,
    of: str | None = None,
    no_value: str = NO_DATA,
    said: Mapping[str, Mapping[str, tuple[str, str]]] | None = None,
) -> table.Panel:
    """Return a table with a column per figure: its heading, expression and unit.

    Args:
        title: Of the panel.
        description: Of the panel.
        columns: Expression and unit by heading.
        of: The label that the rows are about; without it, series with the same labels make a row.
        no_value: What is said where there are none.
        said: Words and colours for some values, by heading.
    """
    refs = [chr(ord("A") + place) for place in range(len(columns))]
    join = (
        DataTransformerConfig(id_val="merge", options={})
        if of is None
        else DataTransformerConfig(id_val="joinByField", options={"byField": of, "mode": "outer"})
    )
    values = ["Value"] if len(refs) == 1 else [f"Value #{ref}" for ref in refs]
    # Joined by a label, each query leaves a column of its times behind, which Grafana numbers.
    times = [f"Time {place}" for place in range(1, len(refs) + 1)]
    named = dict(zip(values, columns, strict=True))
    tidy = DataTransformerConfig(
        id_val="organize",
        options={"excludeByName": dict.fromkeys((*_HIDDEN, *times), True), "renameByName": named},
    )
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets([rows(expression, ref) for ref, (expression, _) in zip(refs, columns.values(), strict=True)])
        .unit(SHORT)
        .thresholds(colours(NEUTRAL))
        .transformations([join, tidy])
        .filterable(True)
        .no_value(no_value)
        .links([*of_expression(" ".join(expression for expression, _ in columns.values()))])
        .span(12)
        .height(8)
    )
    for heading, (_, unit) in columns.items():
        if unit != SHORT:
            panel = panel.override_by_name(heading, [DynamicConfigValue("unit", unit)])
    for heading, words in (said or {}).items():
        panel = panel.override_by_name(heading, [DynamicConfigValue("mappings", [mapping(words)])])
    return panel
