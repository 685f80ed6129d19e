"""Alive, ready, and why not."""

from dataclasses import replace

import pytest

from stream_app.board.directory import Directory
from stream_app.board.health import health
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.snapshot import Snapshot
from tests.board.boards import TOPIC, Board

DONE = PartitionProgress(TOPIC, 0, 10, 10, caught_up=True)


@pytest.mark.parametrize(
    ("progress", "ready", "reason"),
    [
        pytest.param(Progress(), False, "waiting for the broker", id="just started"),
        pytest.param(Progress(missing=(TOPIC,)), False, f"topic {TOPIC} does not exist yet", id="topic missing"),
        pytest.param(Progress(trouble="no connection"), False, "no connection", id="no broker"),
        pytest.param(Progress((PartitionProgress(TOPIC, 0),)), False, "nothing received yet", id="nothing read"),
        pytest.param(
            Progress((DONE, PartitionProgress(TOPIC, 1, 5, 25))),
            False,
            f"{TOPIC}[1] is being read: 20 of 25",
            id="half",
        ),
        pytest.param(Progress((DONE,)), True, None, id="caught up"),
        pytest.param(
            Progress((replace(DONE, end=99),)), True, None, id="caught up once is enough: new records are normal lag"
        ),
        pytest.param(Progress((DONE,), trouble="no connection"), True, None, id="broker lost later"),
    ],
)
async def test_ready_means_read_to_the_end_of_every_partition_once(serve, progress, ready, reason):
    board = Board()
    board.live.progress = progress
    answer = await (await serve(board)).get("/readyz", 200 if ready else 503)
    assert answer["ready"] is ready
    if reason is None:
        assert answer["reasons"] == []
    else:
        assert reason in answer["reasons"][0]


async def test_a_broker_lost_later_is_a_warning_on_every_figure(ready):
    ready.board.live.progress = replace(ready.board.live.progress, trouble="no connection to b1")
    for path in ("/readyz", "/api/v1/kpis", "/api/v1/clocks"):
        assert (await ready.get(path))["warnings"] == ["the figures may be old: no connection to b1"]
    assert "crm_kpi_broker_up 0.0" in await ready.metrics()


async def test_alive_whether_ready_or_not(serve):
    answer = await (await serve(Board())).get("/healthz")
    assert answer["status"] == "ok"
    assert answer["version"]


@pytest.mark.parametrize(
    ("directory", "told"),
    [
        pytest.param(Directory(), {}, id="nothing said"),
        pytest.param(
            Directory(edition="4f2a", board_url="https://board.example"),
            {"crm_kpi_policies_info": {"edition": "4f2a"}, "crm_kpi_board_info": {"url": "https://board.example"}},
            id="said",
        ),
    ],
)
def test_it_tells_which_policies_are_in_force_and_where_people_find_it(directory, told):
    families = {family.name: family.samples for family in health(Snapshot(1, 1, Progress(), directory=directory))}
    infos = {name: families[name][0] for name in ("crm_kpi_policies_info", "crm_kpi_board_info") if name in families}
    assert {name: sample.labels for name, sample in infos.items()} == told
    assert all(sample.value == 1 for sample in infos.values())
