"""Single faults of the catalogue that need a world of their own, by number."""

from __future__ import annotations

import gc
import sys
from functools import partial
from itertools import permutations
from types import FrameType

import pytest

from stream_app.journeys import folding as folding_module
from stream_app.journeys import shard as shard_module
from stream_app.journeys.shard import Shard
from stream_app.measures import keys
from stream_app.measures.accounting import Accounting
from tests.faults.simulator import traffic
from tests.faults.simulator.chaos import open_shard, policies
from tests.faults.simulator.checks import merged
from tests.faults.simulator.outside import replaced
from tests.faults.simulator.small import CANCELLING, CREATED, TOUCHED, TRACE, Small, again, event, freeze, kill, line
from tests.faults.simulator.traffic import Line
from tests.faults.simulator.world import CELLS, DEAD, JOURNEYS, SOURCE
from tests.oracle.histories import START, text

FIVE = (
    line("ada", 1, "lead.created", 0, channel="web", team="north"),
    line("ada", 2, "lead.assigned", 3, owner_id="eve"),
    line("ada", 3, "interaction.logged", 7, direction="out", medium="call"),
    line("ada", 4, "interaction.logged", 9, direction="in", medium="call", two_way=True),
    line("ada", 5, "lead.converted", 30),
)


def reasons(small: Small) -> list[str]:
    processes = (*small.world.dead, *small.world.processes.values())
    return [process.reason for process in processes if process.reason]


def accounting(small: Small, number: int = 0) -> Accounting:
    return Accounting.read(merged(small.world.broker.partitions[CELLS, number].records)[keys.ACCOUNTING])


@pytest.mark.parametrize("all_on_wire", [False, True])
def test_an_empty_cell_outlives_a_crash_between_two_journeys(all_on_wire):
    """(fault 1)"""
    for moment in Small(CANCELLING).moments()[all_on_wire::2]:
        assert Small(CANCELLING, all_on_wire=all_on_wire).run({moment: kill()}) == [], f"before step {moment}"


@pytest.mark.parametrize("topic", [CELLS, JOURNEYS, DEAD])
def test_a_write_that_is_refused_ends_the_worker_before_anything_is_committed(topic):
    """(fault 15)"""
    small = Small()

    def refuse(world):
        world.refused.add(topic)

    def allow(world):
        assert not world.group.offsets
        world.refused.clear()

    assert small.run({40: refuse, 900: allow}) == []
    assert any("must not be lost" in reason for reason in reasons(small))


@pytest.mark.parametrize("batch", [1, 2, 6])
def test_the_same_event_again_counts_once(batch):
    """At other offsets, in the same batch and in later ones, and after a restart. (fault 16) (fault 17)"""
    lines = (CREATED, again(CREATED), TOUCHED, again(CREATED), again(TOUCHED), again(CREATED))
    small = Small(lines, batch=batch)
    assert small.run({90: kill()}) == []
    assert (accounting(small).applied, accounting(small).duplicates) == (2, 4)


def test_every_order_of_five_events_of_one_life_gives_the_same_numbers():
    """Each order is a life of its own, and the sum of all is told by the oracle. (fault 18)"""
    lives = [
        [Line(0, who.encode(), one.value.replace(b'"ada', f'"{who}'.encode()), "applied") for one in order]
        for number, order in enumerate(permutations(FIVE))
        for who in [f"life {number}"]
    ]
    shuffled = [one for step in zip(*lives, strict=True) for one in step]
    small = Small(shuffled, batch=37)
    assert small.run({120: kill()}) == []
    journeys = merged(small.world.broker.partitions[JOURNEYS, 0].records)
    assert len(journeys) == len(lives) == 120
    assert accounting(small).applied == 600


def test_an_event_far_behind_the_others_is_late_and_reopens_nothing():
    """(fault 19)"""
    on_time = line("ada", 1, "interaction.logged", 3 * 24 * 60, direction="out", medium="call")
    inside = line("bob", 1, "interaction.logged", 3 * 24 * 60 - 60, direction="out", medium="call")
    outside = line("ada", 2, "interaction.logged", 0, direction="out", medium="call")
    small = Small((on_time, inside, outside))
    small.run(end=False)
    minutes = [key for key in merged(small.world.broker.partitions[CELLS, 0].records) if b'"m",' in key]
    first_minute = str(START // 60_000).encode()
    assert accounting(small).late == 1
    assert minutes
    assert not [key for key in minutes if first_minute in key]


@pytest.mark.parametrize(
    "time",
    [text(START + 400 * 86_400_000), "2096-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-03-02T10:00:00", "NaN"],
    ids=["400 days ahead", "seventy years ahead", "epoch 0", "no zone", "no time"],
)
def test_an_impossible_time_is_a_dead_letter_and_moves_no_watermark(time):
    """(fault 20)"""
    value = event("ada", 9, "lead.created", 0, channel="web").replace(text(START).encode(), time.encode())
    small = Small((CREATED, Line(0, b"ada", value, "dead"), TOUCHED))
    assert small.run() == []
    assert accounting(small).watermark == START + 7 * 60_000


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_changes_nothing(hours):
    """(fault 21)"""

    def jump(world):
        world.processes["a"].wall_offset += hours * 3600

    plain, jumped = Small(), Small()
    assert plain.run() == []
    assert jumped.run({60: jump}) == []
    cells = [merged(small.world.broker.partitions[CELLS, 0].records) for small in (plain, jumped)]
    assert cells[0] == cells[1]


def test_an_idle_partition_learns_the_time_from_the_others():
    """(fault 22)"""
    early = line("ada", 1, "interaction.logged", 0, direction="out", medium="call")
    late = line("bob", 1, "interaction.logged", 8 * 24 * 60, partition=1, direction="out", medium="call")
    small = Small((early, late), partitions=2)
    assert small.run() == []
    assert accounting(small, 0).watermark == accounting(small, 1).watermark


def test_dead_letters_that_cannot_be_written_stop_the_partition():
    """(fault 24)"""
    small = Small()
    seen: list[dict[object, int]] = []

    def away(world):
        world.unavailable[DEAD] = world.now + 30.0
        world.at(world.now + 29.0, lambda: seen.append(dict(world.group.offsets)))

    assert small.run({10: away}) == []
    assert max(seen[0].values(), default=0) <= 3


def test_events_of_the_next_version_are_dead_letters_among_those_of_this_one():
    """(fault 26)"""
    newer = TOUCHED.value.replace(b".v1", b".v2")
    assert Small((CREATED, Line(0, b"ada", newer, "dead"), TOUCHED)).run({70: kill()}) == []


def test_a_field_that_nobody_knows_yet_is_passed_over():
    """(fault 26)"""
    extended = line("ada", 2, "interaction.logged", 7, direction="out", medium="call", mood="good")
    assert Small((CREATED, extended)).run() == []


def stopped_with(small: Small, damage) -> list[str]:
    """Fold the trace, stop, damage something, start again; return why the worker ended."""
    world = small.world
    with replaced(world):
        world.start("a")
        small.write(TRACE)
        assert world.run(100.0, world.drained)
        world.supervised = False
        world.processes["a"].terminate()
        world.run(5.0)
        damage(world)
        world.start("a")
        world.run(60.0)
        world.close()
    return reasons(small)


@pytest.mark.parametrize("topic", [CELLS, JOURNEYS])
@pytest.mark.parametrize("how", ["head deleted", "tail lost", "emptied", "made again"])
def test_damaged_state_is_refused(topic, how):
    """(fault 29)"""

    def damage(world):
        log = world.broker.partitions[topic, 0]
        if how == "head deleted":
            log.delete_before(log.end - 3)
        elif how == "tail lost":
            del log.records[5:]
            log.end = 5
        else:
            log.records.clear()
            log.end = 0
            if how == "made again":
                world.recreated[topic] = 1

    ends = stopped_with(Small(), damage)
    assert ends
    assert "rebuild" in ends[0]


def test_a_source_made_again_is_refused():
    """(fault 30)"""

    def damage(world):
        log = world.broker.partitions[SOURCE, 0]
        log.records.clear()
        log.end = 0
        world.recreated[SOURCE] = 1

    ends = stopped_with(Small(), damage)
    assert ends
    assert "made again" in ends[0]


def test_holes_in_the_offsets_are_passed():
    """(fault 33)"""
    small = Small(())
    world = small.world
    with replaced(world):
        world.start("a")
        log = world.broker.partitions[SOURCE, 0]
        for number, one in enumerate(TRACE):
            traffic.write(world, one)
            if number % 2:
                log.skip()
        assert world.run(60.0, world.drained)
        world.close()
    assert reasons(small) == []
    assert world.group.offsets[world.sources[0]] == len(TRACE) + 3
    assert accounting(small).records == len(TRACE)


def opened(kind, number, cells, journeys):
    return kind(number, policies(), cells, journeys)


class Interrupted(Exception):
    """Stands for any defect."""


FOLDING = {shard_module.__file__, folding_module.__file__}


def lines_run() -> list[tuple[str, str, int]]:
    """Return the lines of the shard that folding the trace runs: file, function, line."""
    found: dict[tuple[str, str, int], None] = {}

    def trace(frame: FrameType, what: str, _argument: object):
        if frame.f_code.co_filename not in FOLDING:
            return None
        if what == "line" and frame.f_code.co_name != "__init__":
            found[frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno] = None
        return trace

    world = Small().world
    for one in TRACE:
        traffic.write(world, one)
    shard = open_shard(0, {}, {})
    sys.settrace(trace)
    try:
        shard.apply(world.broker.partitions[SOURCE, 0].records)
    finally:
        sys.settrace(None)
    return list(found)


APPLY_LINES = lines_run()


def test_a_defect_at_any_line_of_apply_ends_the_worker_and_the_batch_is_read_again():
    """(fault 35)"""
    assert len(APPLY_LINES) > 40
    for place in APPLY_LINES:
        fired: list[object] = []

        class Broken(Shard):
            def apply(self, records, place=place, fired=fired):
                def trace(frame: FrameType, what: str, _argument: object):
                    code = frame.f_code
                    if code.co_filename not in FOLDING:
                        return None
                    if what == "line" and not fired and (code.co_filename, code.co_name, frame.f_lineno) == place:
                        fired.append(place)
                        raise Interrupted
                    return trace

                before = sys.gettrace()
                sys.settrace(None if fired else trace)
                try:
                    return super().apply(records)
                finally:
                    sys.settrace(before)

        opens = partial(opened, Broken)
        small = Small(batch=len(TRACE), shard=opens)
        small.run(end=False)
        small.checks.problems.clear()
        gc.enable()  # a defect right behind its being switched off leaves it so; the process ends
        assert fired, place
        ended = [reason for reason in reasons(small) if "Interrupted" in reason]
        letters = small.world.broker.partitions[DEAD, 0].end
        assert ended or letters > 1, f"{place} was swallowed"
        if ended:
            small.world.dead.clear()
            small.world.processes.clear()
            small.checks.end()
            assert small.checks.problems == [], place


def test_a_label_with_too_many_values_is_capped_also_after_crashes():
    """(fault 37)"""
    cap = policies().label_cap
    lines = [
        line(f"r{number}", 1, "interaction.logged", number % 60, direction="out", medium="call", team=f"team {number}")
        for number in range(cap + 30)
    ]
    plain, crashed = Small(lines, batch=20), Small(lines, batch=20)
    plain.run(end=False)
    crashed.run({60: kill(), 400: kill()}, end=False)
    cells = [merged(small.world.broker.partitions[CELLS, 0].records) for small in (plain, crashed)]
    named = {key for key in cells[0] if b'"team"' in key and b"team " in key}
    assert 0 < len({key.split(b'"team ')[1].split(b'"')[0] for key in named}) <= cap
    assert accounting(plain).applied == accounting(crashed).applied == cap + 30


def test_a_frozen_worker_does_not_hold_up_the_other():
    """(fault 8)"""
    small = Small(workers=("a", "b"), partitions=2)
    assert small.run({50: freeze("a", 100.0)}) == []
