"""Where the time goes: samples of a racing worker, added up by the module of the product that they were in."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.race import Race
from benchmarks.roster import Contestant
from stream_app.errors import UserError

OWN = ("stream_app/", "schemas/")
ELSEWHERE = "Faust, aiokafka, event loop"
PREFIX = "time in "
SAMPLES_PER_SECOND = "200"
ROWS = 24


def measure(race: Race, contestant: Contestant, ns_per_event: float, folder: Path) -> list[Figure]:
    """Let a contestant run under py-spy and return its time per event and module; UserError if it fails.

    Samples tell only shares; *ns_per_event* is what the contestant takes without a sampler beside it.
    """
    spy = Path(sys.executable).parent / "py-spy"
    program = str(spy) if spy.exists() else shutil.which("py-spy")
    if program is None:
        raise UserError("py-spy is not installed", "Install the extra: pip install 'crm-pulse[bench]'.")
    stacks = folder / "stacks.txt"
    record = [program, "record", "--format", "raw", "--rate", SAMPLES_PER_SECOND, "--output", str(stacks)]
    # Of who holds the lock of the interpreter: a thread that waits for its next look would be sampled as well.
    options = ["--gil", "--full-filenames", "--nolineno", "--"]
    lap = race.lap(replace(contestant, command=lambda: [*record, *options, *contestant.command()]))
    if not stacks.exists():
        raise UserError(f"no profile of {contestant.name}: {lap.failure}", "py-spy must be allowed to read processes.")
    counted = modules(stacks.read_text(encoding="utf-8").splitlines())
    total = counted.total()
    return [
        Figure.of(f"{PREFIX}{module}", "ns/event", [ns_per_event * times / total], share=round(times / total, 4))
        for module, times in counted.most_common()
    ]


def modules(stacks: Iterable[str]) -> Counter[str]:
    """Return samples by the innermost module of the product, what it calls elsewhere included.

    A line is frames from the outermost on, ``function (file);function (file)``, then a space and the samples.
    """
    counted: Counter[str] = Counter()
    for line in stacks:
        frames, _, times = line.rpartition(" ")
        if "importlib" in frames:  # starting up is no part of an event
            continue
        inner = (module(frame) for frame in reversed(frames.split(";")))
        counted[next(filter(None, inner), ELSEWHERE)] += int(times)
    return counted


def module(frame: str) -> str:
    """Return the product's module of a frame, such as ``engine/lane``; empty for other people's."""
    path = frame.rpartition("(")[2].rstrip(")")
    for own in OWN:
        _, found, rest = path.rpartition(f"/{own}")
        if found and "site-packages" not in path:
            return (rest if own == "stream_app/" else own + rest).removesuffix(".py")
    return ""


def table(figures: Sequence[Figure]) -> str:
    """Return the profile as a Markdown table, the dearest module first; empty without one."""
    rows = [figure for figure in figures if figure.name.startswith(PREFIX) and figure.value is not None]
    if not rows:
        return "Not measured."
    rows.sort(key=lambda figure: -(figure.value or 0))
    lines = ["| module | ns per event | share |", "|---|---:|---:|"]
    lines += [_row(f"`{row.name.removeprefix(PREFIX)}`", [row]) for row in rows[:ROWS]]
    lines += [_row("all others", rows[ROWS:]), _row("together", rows)]
    return "\n".join(lines)


def _row(name: str, figures: Sequence[Figure]) -> str:
    nanos = sum(figure.value or 0 for figure in figures)
    share = sum(float(figure.conditions["share"] or 0) for figure in figures)
    return f"| {name} | {nanos:,.0f} | {share:.1%} |"
