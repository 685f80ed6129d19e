"""The race: lap after lap on one broker, each contestant a process of its own on a core of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import meter, readers
from benchmarks.course import PARTITIONS, TOPIC, Course
from benchmarks.expected import Place, Window, differences
from benchmarks.roster import CannotRaceError, Contestant
from stream_app.engine.embedded import die_with_parent, free_port
from stream_app.engine.topics import admin, apply, layout, plan, read
from stream_app.settings import PREFIX, load

Tell = Callable[[str], None]
POLL_SECONDS = 0.1
GIVE_UP = 2
GRACE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Lap:
    """What one contestant needed once.

    Attributes:
        contestant: Its name.
        cpu_seconds: From its first record to its last durable one.
        wall_seconds: The same by the clock.
        peak_bytes: Most memory it held, from its start.
        failure: Why there is no result, or why the result does not count; empty if it does.
    """

    contestant: str
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_bytes: int = 0
    failure: str = ""


class Race:
    """Laps of contestants over the same filled topic.

    Args:
        course: The broker with the events.
        wanted: The right windows.
        core: CPU that contestants run on; None leaves them all.
        patience: Seconds after which a lap is given up.
    """

    def __init__(
        self, course: Course, wanted: Mapping[Place, Window], *, core: int | None = None, patience: float = 300
    ) -> None:
        self._course = course
        self._wanted = wanted
        self._core = core
        self._patience = patience
        self._laps = 0

    def run(self, roster: Sequence[Contestant], repeats: int, tell: Tell) -> list[Lap]:
        """Let all run so many times, each round in the opposite order of the one before.

        Who cannot be measured, or fails twice, does not run again: a lap given up takes minutes.
        """
        laps: list[Lap] = []
        out: set[str] = set()
        for repeat in range(repeats):
            for contestant in roster if repeat % 2 == 0 else reversed(roster):
                if contestant.name in out:
                    continue
                lap = self.lap(contestant)
                laps.append(lap)
                tell(f"round {repeat + 1}: {said(lap)}")
                failures = sum(bool(one.failure) for one in laps if one.contestant == lap.contestant)
                if lap.failure.startswith("not measured") or failures == GIVE_UP:
                    out.add(contestant.name)
        return laps

    def lap(self, contestant: Contestant) -> Lap:
        """Let one run once; whatever goes wrong with it is its result."""
        self._laps += 1
        group = f"bench{self._laps}"
        folder = Path(tempfile.mkdtemp(prefix="crm-pulse-lap-"))
        try:
            return self._timed(contestant, group, folder)
        except CannotRaceError as error:
            return Lap(contestant.name, failure=str(error))
        except Exception as error:  # noqa: BLE001  one contestant's fault is its own; the others go on
            return Lap(contestant.name, failure=f"{type(error).__name__}: {error}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._course.sweep()

    def _timed(self, contestant: Contestant, group: str, folder: Path) -> Lap:
        command, committing = contestant.command(), group
        for topic in (readers.output_topic(group), *(group + end for end in contestant.topics)):
            self._course.create(topic)
        if contestant.product:
            settings = load(brokers=self._course.brokers, app_id=group, partitions=PARTITIONS)
            wanted = layout(settings)
            with admin(settings) as client:
                apply(client, plan(wanted, read(client, wanted)))
            committing = settings.group
        log = folder / "log.txt"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=Path(__file__).parent.parent,
                env=self._environment(contestant, group, folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=self._prepare,  # noqa: PLW1509  no thread of ours runs Python code
            )
        try:
            reading, failure = self._await(contestant, committing, process.pid)
            wrong = self._check(contestant, group) if reading else []
            deadline = time.monotonic() + GRACE_SECONDS
            while wrong and not contestant.ends and time.monotonic() < deadline:
                # Some commit what they have read before what they have found is durable.
                time.sleep(POLL_SECONDS)
                reading = meter.read(process.pid) or reading
                wrong = self._check(contestant, group)
        finally:
            stop(process)
        if reading is None or not (folder / "mark").exists():
            last = " ".join(log.read_text(errors="replace").split())[-200:]
            return Lap(contestant.name, failure=f"{failure or 'ended without a record'}: ...{last}")
        cpu, wall = map(float, (folder / "mark").read_text().split())
        if wrong:
            failure = f"wrong results, {len(wrong)} of {len(self._wanted)} windows: {wrong[0]}"
        return Lap(contestant.name, reading.cpu - cpu, reading.wall - wall, reading.peak_bytes, failure)

    def _check(self, contestant: Contestant, group: str) -> list[str]:
        if contestant.windows is None:
            return []
        return differences(self._wanted, contestant.windows(self._course, group))

    def _prepare(self) -> None:
        die_with_parent()
        if self._core is not None:
            os.sched_setaffinity(0, {self._core})

    def _environment(self, contestant: Contestant, group: str, folder: Path) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        settings = {
            "BROKERS": self._course.brokers,
            "APP_ID": group,
            "PARTITIONS": str(PARTITIONS),
            "CLOCK": "watermark",
            "WORKER_PORT": str(free_port()),
        }
        if contestant.policies:
            policies = folder / "policies.toml"
            policies.write_text(contestant.policies, encoding="utf-8")
            settings["POLICIES"] = str(policies)
        return {
            **inherited,
            **{f"{PREFIX}{name}": value for name, value in settings.items()},
            "BENCH_BROKERS": self._course.brokers,
            "BENCH_TOPIC": TOPIC,
            "BENCH_GROUP": group,
            "BENCH_OUTPUT": readers.output_topic(group),
            "BENCH_PARTITIONS": str(PARTITIONS),
            "BENCH_FOLDER": str(folder),
            "BENCH_TICKS": str(os.sysconf("SC_CLK_TCK")),
        }

    def _await(self, contestant: Contestant, group: str, pid: int) -> tuple[meter.Reading | None, str]:
        """Return the reading at the end of the work, or why there is none."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            gone = meter.ended(pid)
            if gone is not None:
                status, reading = gone
                if contestant.ends and status == 0:
                    return reading, ""
                return None, f"ended with status {status}"
            if not contestant.ends and self._course.finished(group):
                return meter.read(pid), ""
            time.sleep(POLL_SECONDS)
        return None, f"did not finish in {self._patience:.0f} s"


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process in order, by force after 10 seconds; a profiler by what it runs, so that it can write."""
    if process.poll() is None:
        children = meter.children(process.pid)
        for pid in children or [process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def said(lap: Lap) -> str:
    """Return a lap in words."""
    if lap.failure:
        return f"{lap.contestant}: {lap.failure}"
    return (
        f"{lap.contestant}: {lap.cpu_seconds:.2f} s of CPU, {lap.wall_seconds:.2f} s, {lap.peak_bytes / 2**20:.0f} MiB"
    )
