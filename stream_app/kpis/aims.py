"""Holds what a policies file aims at against the catalogue: only here is known which KPIs and labels there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from stream_app.document import Document
from stream_app.kpis import MEASURES, catalogue
from stream_app.kpis.kinds.periods import LONGEST_MS, pane_of
from stream_app.kpis.kpi import Kpi
from stream_app.kpis.registry import BREAKDOWNS, measures_behind
from stream_app.measures.window import DAY, Window
from stream_app.places import Path
from stream_app.policies import Policies
from stream_app.policies import load as load_file
from stream_app.policies import parse as parse_text
from stream_app.policies.goals import PERIODS, Goal, Threshold
from stream_app.policies.problems import Findings, similar

_MOST_OF_A_RATIO = 20
"""A goal of 90 for a ratio means 90 %, which is 0.9."""
_MADE_BY_KINDS = frozenset({"quantile", "horizon", "age", "promise", "step", "funnel"})
"""Fixed labels that no measure declares as its own."""


def load(origin: FilePath | Document | None = None) -> Policies:
    """Return the policies of a file, or published ones, held against the catalogue too; without any, the defaults.

    Raises:
        PoliciesError: The file cannot be read, or something in it is wrong; all problems are named.
    """
    return load_file(origin, check)


def parse(text: str, source: str = "policies.toml") -> Policies:
    """Return the policies that the TOML in *text* describes, held against the catalogue too.

    Raises:
        PoliciesError: Something in it is wrong; all problems are named, as being in *source*.
    """
    return parse_text(text, source, check)


def check(policies: Policies, findings: Findings) -> None:
    """Note every goal, threshold and cap that speaks of what the catalogue has not."""
    kpis = {name: kpi for name, kpi in catalogue(policies).items() if kpi.area != "goals"}
    if (policies.aims.goals or policies.aims.thresholds) and "goals" not in policies.areas:
        said = "goals or thresholds are set, and the area that publishes them is left out"
        findings.add(("catalogue", "areas"), said, 'add "goals"')
    for goal in policies.aims.goals:
        _check_goal(goal, kpis, policies, findings)
    for name, threshold in policies.aims.thresholds.items():
        _check_threshold(name, threshold, kpis, policies, findings)
    for label in policies.label_caps:
        if label not in BREAKDOWNS:
            findings.add(
                ("label_caps", label), f"no KPI is broken down by {label!r}", f"write {similar(label, BREAKDOWNS)}"
            )


def _known(name: str, path: Path, kpis: Mapping[str, Kpi], findings: Findings) -> Kpi | None:
    kpi = kpis.get(name)
    if kpi is None:
        findings.add(path, f"there is no KPI {name!r} in the areas that are followed", f"write {similar(name, kpis)}")
    return kpi


def _check_goal(goal: Goal, kpis: Mapping[str, Kpi], policies: Policies, findings: Findings) -> None:
    path: Path = ("goals", goal.number)
    kpi = _known(goal.kpi, (*path, "kpi"), kpis, findings)
    if kpi is None:
        return
    if kpi.unit == "ratio" and any(abs(bound) > _MOST_OF_A_RATIO for bound in goal.bounds().values()):
        findings.add(path, f"{kpi.name} is a ratio, of which 1 is the whole", "write 0.9 for 90 %")
    _check_window(goal.window, (*path, "window"), kpi, policies, findings, (*policies.windows, *PERIODS))
    parts = [label for label, _ in goal.where if label in kpi.by]
    if len(parts) > 1:
        findings.add((*path, "where"), f"a number has one breakdown, not {' and '.join(parts)}", "keep one of them")
    fixed = {*_fixed(kpi), *_MADE_BY_KINDS}
    for label, _ in goal.where:
        if label not in kpi.by and label not in fixed:
            said = f"{kpi.name} has no numbers by {label!r}"
            findings.add((*path, "where", label), said, f"write {similar(label, {*kpi.by, *_fixed(kpi)})}")


def _fixed(kpi: Kpi) -> Iterator[str]:
    """Yield the fixed labels that the measures of *kpi* have; all there are where its measures are not known."""
    behind = measures_behind(kpi) or MEASURES.values()
    yield from (label for measure in behind for label in measure.dims)


def _check_threshold(
    name: str, threshold: Threshold, kpis: Mapping[str, Kpi], policies: Policies, findings: Findings
) -> None:
    path: Path = ("thresholds", name)
    kpi = _known(name, path, kpis, findings)
    if kpi is None:
        return
    _check_window(threshold.window, (*path, "window"), kpi, policies, findings, policies.windows)
    if kpi.direction is not None and (threshold.warn < threshold.critical) != (kpi.direction == "down"):
        better = "higher" if kpi.direction == "up" else "lower"
        wanted = "below" if kpi.direction == "up" else "above"
        findings.add(path, f"of {name} the {better} is the better", f"put critical {wanted} warn")


def _check_window(
    window: str | None, path: Path, kpi: Kpi, policies: Policies, findings: Findings, known: tuple[str, ...]
) -> None:
    if window is None:
        return
    if not kpi.windowed:
        findings.add(path, f"{kpi.name} is a figure of now and has no windows", "take the window away")
    elif window not in known:
        findings.add(path, f"there is no window {window!r}", f"write {similar(window, known)}")
    elif window in PERIODS:
        pane = pane_of(window)
        kept = [rolling.size for rolling in map(Window.parse, policies.windows) if rolling.pane == pane]
        if max(kept, default=0) < LONGEST_MS[window]:
            panes, wanted = ("days", " or more") if pane == DAY else ("hours", "")
            text = f'add a window of "{LONGEST_MS[window] // DAY.size}d"{wanted} to windows'
            findings.add(path, f"{panes} are not kept for a whole {window}", text)
