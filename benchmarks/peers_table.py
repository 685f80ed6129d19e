"""The table of the race: medians and spread of each contestant, what it cannot do, and the ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.figures import Condition, Figure
from benchmarks.race import Lap
from benchmarks.roster import CRM_PULSE, FAUST, Contestant

PER_CPU = "events per CPU second"
PER_SECOND = "events per second"
PEAK = "peak memory"
TO_FAUST = "crm-pulse to plain Faust"
TO_PEER = "crm-pulse to fastest Python peer"


def figures(laps: Sequence[Lap], roster: Sequence[Contestant], events: int, **conditions: Condition) -> list[Figure]:
    """Return three figures of each contestant, and the ratios; a lap that failed counts for nothing."""
    found: list[Figure] = []
    per_cpu: dict[str, float] = {}
    for contestant in roster:
        mine = [lap for lap in laps if lap.contestant == contestant.name]
        good = [lap for lap in mine if not lap.failure]
        shared = {
            "contestant": contestant.name,
            "events": events,
            "failed_laps": len(mine) - len(good),
            "failure": next((lap.failure for lap in mine if lap.failure), ""),
            "remark": contestant.remark,
            **conditions,
        }
        for what, unit, values in (
            (PER_CPU, "events/s", [events / max(lap.cpu_seconds, 0.01) for lap in good]),
            (PER_SECOND, "events/s", [events / max(lap.wall_seconds, 0.01) for lap in good]),
            (PEAK, "bytes", [float(lap.peak_bytes) for lap in good]),
        ):
            found.append(Figure.of(f"{contestant.name}: {what}", unit, values, **shared))
            if what == PER_CPU and values:
                per_cpu[contestant.name] = median(values)
    return found + ratios(per_cpu, [contestant.name for contestant in roster if contestant.python])


def ratios(per_cpu: Mapping[str, float], python_peers: Sequence[str]) -> list[Figure]:
    """Return how many times as fast the product is on the same work, per CPU second."""
    own = per_cpu.get(CRM_PULSE.name)
    if own is None:
        return []
    found = []
    if FAUST.name in per_cpu:
        found.append(Figure.of(TO_FAUST, "ratio", [own / per_cpu[FAUST.name]]))
    rivals = {name: per_cpu[name] for name in python_peers if name in per_cpu}
    if rivals:
        fastest = max(rivals, key=lambda name: rivals[name])
        found.append(Figure.of(TO_PEER, "ratio", [own / rivals[fastest]], peer=fastest))
    return found


def table(all_figures: Sequence[Figure]) -> str:
    """Return the race as a Markdown table, the fastest first; who has no result says why."""
    by_name = {figure.name: figure for figure in all_figures}
    rows = [figure for figure in all_figures if figure.name.endswith(f": {PER_CPU}")]
    rows.sort(key=lambda figure: -(figure.value or 0))
    lines = [
        "| contestant | events/s per CPU second | events/s by the clock | peak MiB | remarks |",
        "|---|---:|---:|---:|---|",
    ]
    for per_cpu in rows:
        name = str(per_cpu.conditions["contestant"])
        remark, failure = str(per_cpu.conditions["remark"]), _cell(str(per_cpu.conditions["failure"]))
        if per_cpu.value is None:
            lines.append(f"| {name} | | | | **{failure}** |")
            continue
        if failure:
            remark = f"{remark}; **{per_cpu.conditions['failed_laps']} laps failed: {failure}**"
        cells = [
            _spread(per_cpu),
            _spread(by_name[f"{name}: {PER_SECOND}"]),
            _spread(by_name[f"{name}: {PEAK}"], 2**20),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} | {remark} |")
    for ratio in (TO_FAUST, TO_PEER):
        figure = by_name.get(ratio)
        if figure is not None and figure.value is not None:
            peer = figure.conditions.get("peer")
            lines.append(("\n" if lines[-1].startswith("|") else "") + _sentence(ratio, figure.value, peer))
    return "\n".join(lines)


def _sentence(ratio: str, value: float, peer: Condition) -> str:
    name = f" ({peer})" if peer else ""
    return f"Ratio of {ratio}{name}, per CPU second: {value:.1f}.  "


def _spread(figure: Figure, unit: int = 1) -> str:
    if figure.value is None or figure.min is None or figure.max is None:
        return ""
    middle, low, high = (f"{value / unit:,.0f}" for value in (figure.value, figure.min, figure.max))
    return middle if figure.repeats == 1 else f"{middle} ({low} to {high})"


def _cell(text: str) -> str:
    """Return text that stays within one cell of a table."""
    return " ".join(text.replace("|", "/").split())[:240]
