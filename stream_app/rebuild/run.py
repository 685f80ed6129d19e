"""A rebuild from beginning to end: fill the next version, look it over, switch, hand over."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from stream_app.engine.control import Begun, Control, begin, switch
from stream_app.engine.recovered import recover
from stream_app.engine.soundness import examine
from stream_app.errors import UserError
from stream_app.rebuild import topics
from stream_app.rebuild.books import Disagreement, disagreements, in_step
from stream_app.rebuild.comparing import Difference, Published, differences, read
from stream_app.rebuild.folding import Workers, folding
from stream_app.rebuild.progress import Meter, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from stream_app.engine.agent import AgentSpec
    from stream_app.rebuild.progress import Where
    from stream_app.settings import Settings

_LOOKS = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rebuild has found."""

    old: int
    new: int
    records: int
    """Source records that the new version accounts for."""
    missing: int
    """Source records that the topic does not hold any more: deleted by retention before the rebuild."""
    differences: list[Difference] | None
    """Series that the old version shows otherwise; None where the old one is damaged."""
    disagreements: list[Disagreement]
    """Partitions whose records met other fates in the old version, though events and policies are the same."""
    switched: bool = False
    """Whether the new version was put into force."""


def target(settings: Settings, rules: str) -> Settings:
    """Return the settings of the version to fill: one that was begun under the same rules, or the next free one."""
    control = Control(settings)
    try:
        begun = control.begun()
    finally:
        control.close()
    version = settings.state_version
    if begun is not None and begun.version > version and begun.rules == rules:
        version = begun.version
    else:
        taken = [*topics.versions(settings), version, begun.version if begun is not None else 0]
        version = max(taken) + 1
    return settings.model_copy(update={"state_version": version})


def rebuild(
    settings: Settings,
    describe: Callable[[Settings], Sequence[AgentSpec]],
    *,
    workers: int,
    to_switch: bool,
    accept_differences: bool = False,
    show: Callable[[Settings, Place], None],
    handover_seconds: float = 30.0,
) -> Outcome:
    """Fill the next version from the events and switch to it; may be interrupted and run again at any moment.

    ``settings`` are those of the version in force, ``describe`` gives the agents of a version. It does not switch where
    the two versions disagree about the fates of the same records, unless the differences are accepted.
    Raises UserError when the new version is not whole; the one in force is then untouched.
    """
    rules = describe(settings)[0].rules  # the same for all: policies are of the whole installation
    new = target(settings, rules)
    topics.create(new)
    begin(new, Begun(new.state_version, rules))
    with (
        tempfile.TemporaryDirectory(prefix="crm-pulse-rebuild-") as folder,
        folding(new, workers, Path(folder)) as fold,
    ):
        with Meter(new) as meter:
            for place in meter.follow():
                fold.check()
                show(new, place)
                time.sleep(1)
            outcome = _look_over(settings, new, describe, meter)
        if to_switch and (accept_differences or not outcome.disagreements):
            switch(new, new.state_version)
            _hand_over(new, fold, workers, handover_seconds)
            outcome = replace(outcome, switched=True)
    return outcome


def _look_over(
    old: Settings, new: Settings, describe: Callable[[Settings], Sequence[AgentSpec]], meter: Meter
) -> Outcome:
    """Compare the new version with its events and with the old version; UserError when it is not whole."""
    folded = meter.committed()
    for spec in describe(new):
        _whole(new, spec, folded)
    after, before = read(new), _if_whole(old, describe(old), folded)
    for _ in range(_LOOKS):
        if before is None or in_step(before.books, after.books):
            break
        time.sleep(1)  # under live traffic one is ahead of the other, and seldom for long
        after, before = read(new), read(old)
    missing = sum(meter.bounds(where)[0] for where in folded)
    comparable = before is not None and not missing and before.rules == after.rules
    return Outcome(
        old.state_version,
        new.state_version,
        sum(book.account.records for book in after.books.values()),
        missing,
        None if before is None else differences(new, before.model, after.model),
        disagreements(before.books, after.books) if before is not None and comparable else [],
    )


def _if_whole(settings: Settings, specs: Sequence[AgentSpec], sources: Collection[Where]) -> Published | None:
    """Read a version's published state; None when it is damaged or gone: then there is nothing to compare with."""
    try:
        for spec in specs:
            _whole(settings, spec, sources)
        return read(settings)
    except (UserError, LookupError, ValueError):
        return None


def _whole(settings: Settings, spec: AgentSpec, sources: Collection[Where]) -> None:
    """Raise UserError unless the state of every partition of an agent's source is whole."""
    for topic, number in sources:
        if topic == spec.source:
            _whole_partition(settings, spec, number)


def _whole_partition(settings: Settings, spec: AgentSpec, number: int) -> None:
    for look in range(_LOOKS):
        expected, found = recover(settings, spec, [number], Event())[number]
        try:
            examine(expected, found)
        except UserError:
            if look + 1 == _LOOKS:
                raise
            time.sleep(1)  # its worker may have written between the ends of the two topics
        else:
            return


def _hand_over(settings: Settings, fold: Workers, workers: int, seconds: float) -> None:
    """Go on folding until another worker has come to the new version, so that the figures do not stand still."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        fold.check()
        if (topics.members(settings) or 0) > workers:
            return
        time.sleep(1)
