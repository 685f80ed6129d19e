"""Small charts of the figures, as SVG that can be read on a dark page and on a light one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure

INK, LINE, SECOND, LIMIT = "#7d8590", "#3b82f6", "#f59e0b", "#ef4444"
"""Of a middle brightness: each has contrast on white and on black."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart.

    Attributes:
        label: What the legend says.
        points: (name of the figure, where it stands on the x axis), from left to right.
        scale: What its values are multiplied with, for the unit of the axis.
    """

    label: str
    points: tuple[tuple[str, str], ...]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture.

    Attributes:
        file: Name of the file.
        title: What is shown.
        across: Label of the x axis, with its unit.
        up: Label of the y axis, with its unit.
        curves: What is drawn.
        bars: Bars in place of lines.
        limit: Where the budget lies, in the unit of the y axis.
    """

    file: str
    title: str
    across: str
    up: str
    curves: tuple[Curve, ...]
    bars: bool = False
    limit: float | None = None


CHARTS = (
    Chart(
        "scale-cost.svg", "CPU per event", "relationships", "us per event",
        (Curve("one worker, whole catalogue", tuple(
            (f"cost per event at {size:,} relationships", label)
            for size, label in ((10_000, "10 k"), (100_000, "100 k"), (1_000_000, "1 M"))
        )),),
    ),
    Chart(
        "scale-workers.svg", "Throughput on this machine's cores", "partitions x workers", "thousand events/s",
        (Curve("wall clock", (
            ("throughput of 1 partition, 1 worker", "1 x 1"), ("throughput of 2 partitions, 1 worker", "2 x 1"),
            ("throughput of 4 partitions, 1 worker", "4 x 1"), ("throughput of 4 partitions, 2 workers", "4 x 2"),
        ), 1e-3),),
        bars=True,
    ),
    Chart(
        "scale-latency.svg", "From event to gauge", "load, share of capacity", "seconds",
        tuple(
            Curve(part, tuple((f"event to gauge {part} at {share} % load", f"{share} %") for share in (10, 50, 90)))
            for part in ("p50", "p99")
        ),
        limit=2.0,
    ),
    Chart(
        "scale-scrape.svg", "A scrape, under 2,000 changes a second", "series", "seconds",
        (Curve("scrape", tuple(
            (f"scrape of {size:,} series", f"{size // 1000} k") for size in (1_000, 10_000, 20_000)
        )),),
        limit=0.25,
    ),
    Chart(
        "scale-board.svg", "Memory of the board", "series", "MiB",
        (Curve("resident", tuple(
            (f"board memory at {size:,} series", f"{size // 1000} k") for size in (1_000, 10_000, 20_000)
        ), 1 / 1024**2),),
        bars=True,
    ),
)  # fmt: skip


def draw(folder: Path, figures: Iterable[Figure], charts: Sequence[Chart] = CHARTS) -> list[Path]:
    """Draw each chart of which all figures were measured, and return the files."""
    values = {figure.name: figure for figure in figures if figure.value is not None}
    complete = [
        chart for chart in charts if all(name in values for curve in chart.curves for name, _ in curve.points)
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(folder / chart.file, chart, values) for chart in complete]


def _draw(path: Path, chart: Chart, values: Mapping[str, Figure]) -> Path:
    import matplotlib as mpl
    from matplotlib.figure import Figure as Picture

    # Text stays text, ids and dates are left out: the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": chart.file, "font.family": "sans-serif"}):
        picture = Picture(figsize=(5.2, 3.0), layout="constrained")
        axes = picture.add_subplot()
        for curve, colour in zip(chart.curves, (LINE, SECOND), strict=False):
            labels = [label for _, label in curve.points]
            found = [values[name] for name, _ in curve.points]
            heights = [(one.value or 0.0) * curve.scale for one in found]
            spread = [
                [height - (one.min or 0.0) * curve.scale for height, one in zip(heights, found, strict=True)],
                [(one.max or 0.0) * curve.scale - height for height, one in zip(heights, found, strict=True)],
            ]
            if chart.bars:
                axes.bar(labels, heights, 0.5, color=colour, yerr=spread, ecolor=INK, capsize=3, label=curve.label)
            else:
                axes.errorbar(
                    labels, heights, spread, color=colour, ecolor=INK, capsize=3, marker="o", label=curve.label
                )
            for label, height in zip(labels, heights, strict=True):
                axes.annotate(
                    f"{height:,.3g}" if height < 100 else f"{height:,.0f}", (label, height), (7, 4), fontsize=8,
                    textcoords="offset points", color=INK,
                )  # fmt: skip
        if chart.limit is not None:
            axes.axhline(chart.limit, color=LIMIT, linestyle="--", linewidth=1, label="budget")
        axes.set_title(chart.title, color=INK, fontsize=10)
        axes.set_xlabel(chart.across, color=INK, fontsize=9)
        axes.set_ylabel(chart.up, color=INK, fontsize=9)
        axes.set_ylim(bottom=0)
        axes.margins(x=0.15, y=0.15)
        axes.tick_params(colors=INK, labelsize=8)
        axes.grid(axis="y", color=INK, alpha=0.25)
        for name, spine in axes.spines.items():
            spine.set_visible(name in {"left", "bottom"})
            spine.set_color(INK)
        if len(chart.curves) > 1 or chart.limit is not None:
            axes.legend(fontsize=8, labelcolor=INK, framealpha=0)
        picture.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Title": chart.title})
    return path
