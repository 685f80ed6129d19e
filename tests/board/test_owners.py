"""Owners are shown by the names that the policies give them."""

import pytest

from stream_app.board.clocks import row
from stream_app.board.directory import Directory
from stream_app.board.live import LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.kpis import MEASURES, catalogue
from stream_app.kpis.aims import parse
from stream_app.measures.clock import OpenClock
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

NAMES = {"u-17": "Ada"}


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        pytest.param({"owner_id": "u-17"}, "Ada", id="a-known-one"),
        pytest.param({"owner_id": "u-18"}, "u-18", id="an-unknown-one-by-the-id"),
        pytest.param({"team": "emea"}, None, id="nobody"),
    ],
)
def test_the_owner_of_who_waits(labels, shown):
    assert (
        row(OpenClock("lead_response", "ada", "", 0, None, None, labels, None), 1000, Directory(NAMES))["owner"]
        == shown
    )


def test_a_snapshot_carries_the_names_and_the_gauge_that_says_them():
    policies = parse('[owners]\nu-17 = "Ada"')
    live = LiveModel(
        lambda: ReadModel([Window.parse("1h")], MEASURES),
        catalogue(policies),
        wall=lambda: 1000,
        directory=Directory(policies.owners),
    )
    live.progress = Progress(partitions=(PartitionProgress("cells", 0, position=1, end=1, caught_up=True),))
    snapshot = live.take()
    assert snapshot.directory.owners == NAMES
    (sample,) = snapshot.collected["owner_info"].samples
    assert (sample.labels, sample.value) == ({"owner_id": "u-17", "name": "Ada"}, 1)
