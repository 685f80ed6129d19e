"""``python -m benchmarks``: the race with every peer, the scale curves, and the tables in docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from benchmarks import budgets, document, expected, figures, kafka, peers_table, profiling, traffic
from benchmarks.course import PARTITIONS, Course
from benchmarks.race import Lap, Race
from benchmarks.roster import ROSTER, WHOLE, Contestant
from stream_app.errors import UserError

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
PEERS, PROFILE = "peers.json", "profile.json"

program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@program.command()
def main(
    events: Annotated[int, typer.Option(min=1_000, help="Events on the topic.")] = 200_000,
    repeats: Annotated[int, typer.Option(min=1, help="Laps of each contestant.")] = 5,
    only: Annotated[list[str] | None, typer.Option(help="Race only contestants whose name contains this.")] = None,
    response_only: Annotated[bool, typer.Option(help="A topic of nothing but what the response work needs.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds after which a lap is given up.")] = 120,
    peers: Annotated[bool, typer.Option(help="Run the race.")] = True,
    scale: Annotated[bool, typer.Option(help="Measure the scale curves.")] = True,
    short: Annotated[bool, typer.Option(help="A quick look: few events, one lap, short curves.")] = False,
    write: Annotated[
        bool, typer.Option(help="Write results and docs, not only print (a short run never does).")
    ] = True,
) -> None:
    """Measure everything, print the tables, and write them into docs/benchmarks.md."""
    if short:
        events, repeats, write = min(events, 30_000), 1, False
    folder = figures.RESULTS if write else Path(tempfile.mkdtemp(prefix="crm-pulse-results-"))
    failed = False
    if peers:
        roster = [one for one in ROSTER if not only or any(word.lower() in one.name.lower() for word in only)]
        try:
            run_race(roster, folder, events, repeats, response_only=response_only, patience=patience)
        except UserError as error:
            typer.echo(f"no race: {error}", err=True)
            failed = True
    if scale and (Path(__file__).parent / "scale" / "__main__.py").exists():
        options = ["--short"] if short else [] if write else ["--no-write"]
        command = [sys.executable, "-m", "benchmarks.scale", *options]
        failed = subprocess.run(command, cwd=ROOT, check=False).returncode != 0 or failed
    found = figures.read(folder)
    race, promises, profile = race_text(found), budgets.table(found), profiling.table(found)
    typer.echo(f"{race}\n\n{promises}\n\n{profile}")
    if write:
        document.write(DOCUMENT, peers=race, budgets=promises, profile=profile)
    raise typer.Exit(1 if failed else 0)


def run_race(
    roster: list[Contestant], results: Path, events: int, repeats: int, *, response_only: bool, patience: float
) -> None:
    """Run the race, and then the worker under a profiler; write the figures of both."""
    typer.echo(f"making {events:,} events", err=True)
    course_events = traffic.events(events, only_response=response_only)
    wanted = expected.windows(event.value for event in course_events)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:  # the contestant has one core to itself, broker and race share another
        os.sched_setaffinity(0, {cores[1]})
    with tempfile.TemporaryDirectory(prefix="crm-pulse-race-") as folder:
        with kafka.running(Path(folder)) as brokers:
            course = Course(brokers)
            try:
                course.fill(course_events)
                race = Race(course, wanted, core=cores[0] if len(cores) > 1 else None, patience=patience)
                laps: list[Lap] = race.run(roster, repeats, lambda text: typer.echo(text, err=True))
                profile = run_profile(race, laps, events, Path(folder))
            finally:
                course.close()
        os.sched_setaffinity(0, cores)
    if profile:
        figures.write(results / PROFILE, profile)
    figures.write(
        results / PEERS,
        peers_table.figures(
            laps, roster, events, response_share=round(traffic.share(course_events), 3), partitions=PARTITIONS,
            answers=sum(window.count for window in wanted.values()), windows=len(wanted), kafka=kafka.VERSION,
            python=platform.python_version(), cores=len(cores), machine=platform.machine(),
            date=dt.datetime.now(dt.UTC).date().isoformat(),
        ),
    )  # fmt: skip


def run_profile(race: Race, laps: list[Lap], events: int, folder: Path) -> list[figures.Figure]:
    """Return where the worker's time goes, nothing if it did not race or cannot be profiled."""
    good = [lap.cpu_seconds for lap in laps if lap.contestant == WHOLE.name and not lap.failure]
    if not good:
        return []
    try:
        return profiling.measure(race, WHOLE, median(good) / events * 1e9, folder)
    except UserError as error:
        typer.echo(f"no profile: {error}", err=True)
        return []


def race_text(found: list[figures.Figure]) -> str:
    """Return the race as it stands in the document: its conditions, its table, its ratios."""
    first = next((figure for figure in found if figure.name.endswith(peers_table.PER_CPU)), None)
    if first is None:
        return "Not measured."
    told = first.conditions
    return (
        f"{told['events']:,} events in {told['partitions']} partitions of Apache Kafka {told['kafka']}; the response "
        f"work looks at {float(told['response_share'] or 0):.0%} of them and finds {told['answers']:,} answers in "
        f"{told['windows']:,} windows. Python {told['python']}, {told['cores']} cores ({told['machine']}), "
        f"{told['date']}. Median of the laps, smallest and largest in brackets.\n\n{peers_table.table(found)}"
    )


if __name__ == "__main__":
    program()
