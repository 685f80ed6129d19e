"""The dashboard of the machine: what comes in, what becomes of it, how far behind it is, how the boards are."""

from grafana_foundation_sdk.builders.prometheus import Dataquery

from stream_app.generate.grafana.page import Row
from stream_app.generate.grafana.panels import NEUTRAL, PanelBuilder, Steps, lines, number, query, states
from stream_app.generate.grafana.trust import strip
from stream_app.generate.grafana.words import SECONDS, SHORT

_PER_SECOND = "ops"
_BYTES = "bytes"
_NO_WORKER = "No worker has told"
_NO_ALERTMANAGER = "The board has no Alertmanager"
_UP = {"0": ("down", "red"), "1": ("up", "green")}


def _rate(counter: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({counter}[$__rate_interval]))"


def _quantiles(histogram: str) -> list[Dataquery]:
    rates = f"sum by (le) (rate({histogram}_bucket[$__rate_interval]))"
    shares = ((0.5, "A"), (0.9, "B"), (0.99, "C"))
    return [query(f"histogram_quantile({share}, {rates})", f"p{share * 100:g}", ref) for share, ref in shares]


def pipeline_rows() -> list[Row]:
    """Return the rows, in the order in which an event passes."""
    return [
        Row("", strip()),
        Row("What comes in", _incoming()),
        Row("Folding", _folding()),
        Row("Boards", _boards()),
        Row("Alerts that the board tells itself", _alerts()),
        Row("State and recovery", _state()),
    ]


def _incoming() -> list[PanelBuilder]:
    return [
        lines(
            "Events by what became of them",
            "Folded, known already, read again after a crash, or sent to the dead letters; per second, all workers.",
            [query(_rate("crm_kpi_events_total", "outcome"), "{{outcome}}")],
            unit=_PER_SECOND,
        ),
        lines(
            "Silence of the sources",
            "Time since the newest event of each system. It grows when a connector stops, and at night.",
            [query('max by (source) (crm_source_freshness_seconds{source!=""})', "{{source}}")],
            unit=SECONDS,
        ),
        lines(
            "Dead letters by reason",
            "Events that could not be read or folded, per second. They are kept whole: crm-pulse dead-letters list.",
            [query(_rate("crm_kpi_dead_letters_total", "reason"), "{{reason}}")],
            unit=_PER_SECOND,
            no_value="No dead letters",
        ),
        lines(
            "Late, lost and capped",
            "Events after their horizon, records that retention deleted before they were read, label sets counted as "
            "other; per second.",
            [
                query(_rate("crm_kpi_late_events_total"), "late", "A"),
                query(_rate("crm_kpi_lost_records_total"), "lost", "B"),
                query(_rate("crm_kpi_capped_labels_total"), "counted as other", "C"),
            ],
            unit=_PER_SECOND,
        ),
    ]


def _folding() -> list[PanelBuilder]:
    return [
        lines(
            "Lag of the workers",
            "Events that are not durable yet, by topic.",
            [query("sum by (topic) (crm_kpi_lag_events)", "{{topic}}")],
        ).min(0),
        lines(
            "Watermark",
            "How far the newest event of each partition lies back. One that grows alone is a partition nobody folds.",
            [
                query(
                    "time() - max by (topic, partition) (crm_kpi_watermark_timestamp_seconds)",
                    "{{topic}} {{partition}}",
                )
            ],
            unit=SECONDS,
        ),
        lines(
            "Time of a batch",
            "From taking a batch to its being durable.",
            _quantiles("crm_kpi_batch_seconds"),
            unit=SECONDS,
        ).min(0),
        lines(
            "Entries written",
            "Entries of the state written per second, by table.",
            [query(_rate("crm_kpi_state_writes_total", "table"), "{{table}}")],
            unit=_PER_SECOND,
        ).min(0),
    ]


def _boards() -> list[PanelBuilder]:
    return [
        states(
            "Workers and boards",
            "Whether Prometheus reaches them.",
            'up{job=~"crm-pulse-.+"}',
            "{{job}} {{instance}}",
            _UP,
            "Prometheus scrapes neither worker nor board",
        ),
        lines(
            "Lag of the boards",
            "State records that a board has not read yet, and the time since it read the newest one.",
            [query("sum by (instance) (crm_kpi_lag_records)", "{{instance}}")],
        ).min(0),
        lines(
            "Time to compute all KPIs",
            "For one snapshot; KPIs under which nothing has changed are not computed again.",
            [query("max by (instance) (crm_kpi_snapshot_duration_seconds)", "{{instance}}")],
            unit=SECONDS,
        ).min(0),
        lines(
            "The slowest KPIs",
            "What the board spends most time on.",
            [query("topk(5, max by (kpi) (crm_kpi_collect_duration_seconds))", "{{kpi}}")],
            unit=SECONDS,
        ).min(0),
        lines(
            "Series by KPI",
            "The KPIs with most series. A breakdown with many values is what makes a scrape long.",
            [query("topk(10, max by (kpi) (crm_kpi_series))", "{{kpi}}")],
        ).min(0),
        lines(
            "Memory",
            "Resident memory of the boards.",
            [query('process_resident_memory_bytes{job="crm-pulse-board"}', "{{instance}}")],
            unit=_BYTES,
        ).min(0),
    ]


def _alerts() -> list[PanelBuilder]:
    return [
        lines(
            "Promises that are alerted now",
            "Alerts of promises at risk or overdue that hold now, as each board has them.",
            [query("max by (instance) (crm_kpi_alerts_firing)", "{{instance}}")],
            no_value=_NO_ALERTMANAGER,
        ).min(0),
        lines(
            "Delay of alerts",
            "From the moment that a promise is at risk or overdue, and its team may be told, to its Alertmanager.",
            _quantiles("crm_kpi_alert_delay_seconds"),
            unit=SECONDS,
            no_value=_NO_ALERTMANAGER,
        ).min(0),
        lines(
            "Deliveries",
            "Alerts that each Alertmanager took and did not take, repetitions included; per second.",
            [
                query(_rate("crm_kpi_alerts_sent_total", "alertmanager"), "{{alertmanager}} took", "A"),
                query(_rate("crm_kpi_alerts_failed_total", "alertmanager"), "{{alertmanager}} did not take", "B"),
            ],
            unit=_PER_SECOND,
            no_value=_NO_ALERTMANAGER,
        ).min(0),
        lines(
            "Not delivered",
            "For how long something has waited to be delivered; 0 when all is.",
            [query("max by (alertmanager) (crm_kpi_alerts_undelivered_seconds)", "{{alertmanager}}")],
            unit=SECONDS,
            no_value=_NO_ALERTMANAGER,
        ).min(0),
    ]


def _state() -> list[PanelBuilder]:
    numbers: tuple[tuple[str, str, str, str, Steps], ...] = (
        ("Last recovery", "Time that a worker took to read its state.", "max(crm_kpi_recovery_seconds)", SECONDS,
         NEUTRAL),
        ("Last commit", "Time since a worker last committed.", "time() - max(crm_kpi_last_commit_timestamp_seconds)",
         SECONDS, NEUTRAL),
        ("Workers ready", "Workers that have recovered and fold.", "sum(crm_kpi_worker_ready)", SHORT,
         ((None, "red"), (1, "green"))),
        ("Rebalances", "Times that a worker took part in moving partitions, in the time shown.",
         "sum(increase(crm_kpi_rebalances_total[$__range]))", SHORT, NEUTRAL),
        ("State damaged", "Boards that refuse to show figures: stored state is missing or strange.",
         "sum(crm_kpi_state_damaged)", SHORT, ((None, "green"), (1, "red"))),
        ("Model read anew", "Times that a board read everything again, since its start.", "max(crm_kpi_rebuilds)",
         SHORT, NEUTRAL),
    )  # fmt: skip
    return [
        *(
            number(title, text, expr, unit=unit, steps=steps, no_value=_NO_WORKER).height(4)
            for title, text, expr, unit, steps in numbers
        ),
        lines(
            "Entries in memory",
            "Entries that the workers hold, by table.",
            [query("sum by (table) (crm_kpi_state_keys)", "{{table}}")],
        ).min(0),
        lines(
            "Bytes in memory",
            "Keys and values that the workers hold, by table, estimated.",
            [query("sum by (table) (crm_kpi_state_bytes)", "{{table}}")],
            unit=_BYTES,
        ).min(0),
        lines(
            "Fates of the records",
            "What became of all records of the source topics, as the state says; it survives restarts.",
            [
                query("sum(max without (instance) (crm_kpi_records_applied))", "folded", "A"),
                query("sum(max without (instance) (crm_kpi_records_duplicate))", "known already", "B"),
                query("sum(max without (instance) (crm_kpi_records_dead))", "dead", "C"),
                query("sum(max without (instance) (crm_kpi_records_late))", "late", "D"),
                query("sum(max without (instance) (crm_kpi_records_redelivered))", "read again", "E"),
            ],
        ),
        lines(
            "Open clocks",
            "People and things that wait, by what for: the size of the lists behind the figures.",
            [query("max by (clock) (crm_kpi_open_clocks)", "{{clock}}")],
        ).min(0),
    ]
