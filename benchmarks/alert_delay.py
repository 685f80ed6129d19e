"""How long after its due time a promise is with a real Alertmanager: 10,000 open clocks, a busy board.

    python -m benchmarks.alert_delay [clocks] [seconds]

Due times are spread evenly over the seconds. Meanwhile another thread computes the whole catalogue over and over, as
the board does for walls and scrapes, and events go on: every 10 ms somebody is answered and somebody new waits.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import threading
from pathlib import Path

from stream_app.alerting.feed import Feed
from stream_app.alerting.meters import Meters
from stream_app.alerting.service import Alerting, Alertmanagers
from stream_app.alerting.turns import Turns
from stream_app.board.directory import Directory
from stream_app.board.live import LiveModel, wall_ms
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.kpis import CATALOGUE, MEASURES
from stream_app.measures.clock import OpenClock
from stream_app.measures.read_model import ReadModel
from stream_app.measures.store import CellStore
from stream_app.measures.window import Window
from stream_app.policies import parse
from tests.alertmanager import server

CONFIG = "route: {receiver: nobody, group_by: [team]}\nreceivers: [{name: nobody}]\n"
WINDOWS = [Window.parse(text) for text in ("15m", "1h", "24h")]
LEAD_SECONDS = 10.0
"""Until the first is due, for everything to be read."""
TEAMS = 20


class Exact(Meters):
    """Keeps each delay, where a board keeps buckets."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[float] = []

    def delayed(self, seconds: float) -> None:
        """Note one."""
        self.delays.append(seconds)


async def measure(url: str, clocks: int, seconds: float) -> tuple[Exact, int]:
    """Return the delays of *clocks* promises that become overdue within *seconds*, and how often all was computed."""
    meters, feed = Exact(), Feed()
    live = LiveModel(lambda: ReadModel(WINDOWS, MEASURES), CATALOGUE, feed=feed)
    policies = parse(f"[alerts]\nmost = 10000\n{''.join(f'[teams.team-{n}]{chr(10)}' for n in range(TEAMS))}")
    turns = Turns(policies, Directory(), "http://127.0.0.1:8000", feed)
    alerting = Alerting(turns, Alertmanagers((url,)), lambda: live.progress.ready, wall_ms, meters)
    store, offset = CellStore(MEASURES, WINDOWS, 3_600_000, 200), 0

    def write(*changes: tuple[str, OpenClock | None]) -> None:
        nonlocal offset
        for who, clock in changes:
            offset += 1
            store.clock(f"lead_response/{who}", None if clock is None else clock.pack(), offset)
        live.apply([(0, key, value) for key, value in store.drain()])

    chance = random.Random(1)  # noqa: S311 - the same due times each time
    start = wall_ms() + int(LEAD_SECONDS * 1000)
    write(*(
        (f"lead-{n}", _promise(f"lead-{n}", start + int(chance.random() * seconds * 1000), n)) for n in range(clocks)
    ))  # fmt: skip
    live.progress = Progress((PartitionProgress("cells", 0, 1, 1, caught_up=True),))
    over, taken = threading.Event(), [0]

    def look() -> None:
        while not over.wait(0.2):
            live.take()
            taken[0] += 1

    looking = threading.Thread(target=look)
    looking.start()
    try:
        async with alerting:
            end, n = start + int(seconds * 1000), clocks
            while wall_ms() < end + 3_000 or len(meters.delays) < clocks:
                # One more waits, and the one who came half a second ago is answered.
                changes: list[tuple[str, OpenClock | None]] = [(f"lead-{n}", _promise(f"lead-{n}", end + 3_600_000, n))]
                if n >= clocks + 50:
                    changes.append((f"lead-{n - 50}", None))
                await asyncio.to_thread(write, *changes)
                n += 1
                await asyncio.sleep(0.01)
                if wall_ms() > end + 120_000:
                    break
    finally:
        over.set()
        looking.join()
    return meters, taken[0]


def _promise(who: str, due: int, number: int) -> OpenClock:
    labels = {"team": f"team-{number % TEAMS}", "owner_id": f"u-{number % 97}", "channel": "web"}
    return OpenClock("lead_response", who, "", due - 600_000, due, None, labels, "10 minutes")


def main() -> None:
    """Measure once and print."""
    clocks = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    with tempfile.TemporaryDirectory() as folder, server(CONFIG, Path(folder)) as running:
        meters, taken = asyncio.run(measure(running.url, clocks, seconds))
        held = len(running.alerts())
    delays = sorted(meters.delays)
    cuts = statistics.quantiles(delays, n=1000, method="inclusive")
    print(
        f"{clocks} open clocks, all overdue within {seconds:g} s, {taken} snapshots of {len(CATALOGUE)} KPIs meanwhile"
    )
    print(f"{len(delays)} told, {held} held by the Alertmanager, {sum(meters.failed.values())} failed")
    print("due time to Alertmanager, ms: " + ", ".join(
        f"{name} {value * 1000:.0f}"
        for name, value in (("p50", cuts[499]), ("p90", cuts[899]), ("p99", cuts[989]), ("max", delays[-1]))
    ))  # fmt: skip


if __name__ == "__main__":
    main()
