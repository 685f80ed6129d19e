"""A rebuild from beginning to end: fill the next version, look it over, switch, hand over."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from stream_app.engine.control import Begun, Control, begin, switch
from stream_app.engine.recovered import recover
from stream_app.engine.soundness import examine
from stream_app.errors import UserError
from stream_app.rebuild import topics
from stream_app.rebuild.comparing import Difference, accounts, differences, read, read_if_whole
from stream_app.rebuild.folding import Workers, folding
from stream_app.rebuild.progress import Meter, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_app.engine.agent import AgentSpec
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
    describe: Callable[[Settings], AgentSpec],
    *,
    workers: int,
    to_switch: bool,
    show: Callable[[Settings, Place], None],
    handover_seconds: float = 30.0,
) -> Outcome:
    """Fill the next version from the events and switch to it; may be interrupted and run again at any moment.

    ``settings`` are those of the version in force, ``describe`` gives the agent of a version.
    Raises UserError when the new version is not whole; the one in force is then untouched.
    """
    rules = describe(settings).rules
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
            outcome = _look_over(settings, new, describe(new), meter)
        if to_switch:
            switch(new, new.state_version)
            _hand_over(new, fold, workers, handover_seconds)
    return outcome


def _look_over(old: Settings, new: Settings, spec: AgentSpec, meter: Meter) -> Outcome:
    """Compare the new version with its events and with the old version; UserError when it is not whole."""
    folded = meter.committed()
    for number in folded:
        _whole(new, spec, number)
    model = read(new)
    counted = accounts(model)
    before = read_if_whole(old)
    return Outcome(
        old.state_version,
        new.state_version,
        sum(account.records for account in counted.values()),
        sum(meter.bounds(number)[0] for number in folded),
        None if before is None else differences(new, before, model),
    )


def _whole(settings: Settings, spec: AgentSpec, number: int) -> None:
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
