"""``python -m benchmarks.scale``: measure the scale curves on a real Kafka, draw them, write them down."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import document, figures
from benchmarks.figures import Condition, Figure
from benchmarks.scale import charts, latency, relationships, report, series, workers
from benchmarks.scale.installation import broker
from stream_app.errors import UserError

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
PICTURES = ROOT / "docs" / "img"
FILE = "scale.json"
PART = "scale"

Measure = Callable[..., Iterator[Figure]]
CURVES: dict[str, Measure] = {
    "relationships": relationships.measure,
    "workers": workers.measure,
    "latency": latency.measure,
    "series": series.measure,
}

program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@program.command()
def main(
    quick: Annotated[bool, typer.Option("--quick", "--short", help="Small sizes: to see that it runs.")] = False,
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(CURVES)}; repeat for more.")] = None,
    write: Annotated[bool, typer.Option(help="Write results, charts and the document.")] = True,
) -> None:
    """Measure, print a table, and (unless --quick or --no-write) write results, charts and docs/benchmarks.md."""
    unknown = [name for name in only or () if name not in CURVES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(CURVES)}")
    found: list[Figure] = []
    failed = False
    for name in only or CURVES:
        try:
            # A Kafka for each: what one curve leaves behind must not slow the next.
            with tempfile.TemporaryDirectory(prefix="crm-pulse-scale-") as folder, broker(Path(folder)) as brokers:
                for figure in CURVES[name](brokers, Path(folder), quick=quick):
                    typer.echo(f"{figure.name}: {told(figure)}", err=True)
                    found.append(with_machine(figure))
        except UserError as error:
            typer.echo(f"no curve of {name}: {error}\n{error.hint}", err=True)
            failed = True
    if write and not quick:
        path = figures.RESULTS / FILE
        known = merged(read(path), found) if only else found
        figures.write(path, known)
        pictures = charts.draw(PICTURES, known)
        if f"<!-- {PART} -->" in DOCUMENT.read_text(encoding="utf-8"):
            document.write(DOCUMENT, **{PART: report.markdown(known, pictures, DOCUMENT)})
    typer.echo(report.markdown(found, [], DOCUMENT))
    raise typer.Exit(1 if failed else 0)


def told(figure: Figure) -> str:
    """Return the value in words."""
    return "not measured" if figure.value is None else report.number(figure.value, figure.unit)


def with_machine(figure: Figure) -> Figure:
    """Return the figure with what it was measured on."""
    machine: dict[str, Condition] = {"python": platform.python_version(), "cores": len(os.sched_getaffinity(0))}
    return Figure(
        name=figure.name, unit=figure.unit, value=figure.value, min=figure.min, max=figure.max,
        repeats=figure.repeats, conditions=figure.conditions | machine,
    )  # fmt: skip


def read(path: Path) -> list[Figure]:
    """Return the figures of an earlier run, none if there was none."""
    import msgspec

    return msgspec.json.decode(path.read_bytes(), type=list[Figure]) if path.exists() else []


def merged(before: list[Figure], now: list[Figure]) -> list[Figure]:
    """Return the figures of now, and those of before that were not measured again, in the order of before."""
    fresh = {figure.name: figure for figure in now}
    kept = [fresh.pop(figure.name, figure) for figure in before]
    return [*kept, *fresh.values()]


if __name__ == "__main__":
    program()
