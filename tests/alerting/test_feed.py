"""From the state records to the alerts: every change of a clock arrives, and a model that is replaced begins anew."""

import pytest

from stream_app.alerting.feed import Feed, Mark
from stream_app.board.live import LiveModel
from stream_app.measures.read_model import ReadModel
from tests.board.boards import MEASURES, WINDOWS, Workers, clock


def model(feed=None):
    return LiveModel(lambda: ReadModel(WINDOWS, MEASURES), {}, feed=feed)


def heard(feed):
    """What came: marks, and who with "+" is open and with "-" is not."""
    found = []
    for news in feed.take():
        if isinstance(news, Mark):
            found.append(news.name)
        else:
            (_, key), one = news
            who = key.decode().rsplit("/", 1)[1].removesuffix('"]')
            found.append(f"{'-' if one is None else '+'}{who}")
    return found


@pytest.fixture
def feed():
    return Feed()


def test_every_change_arrives_once(feed):
    live, workers = model(feed), Workers()
    assert heard(feed) == ["BEGIN", "END"]
    workers.open([clock("a"), clock("bb")])
    records = workers.records()
    live.apply(records)
    assert sorted(heard(feed)) == ["+a", "+bb"]
    workers.close("a")
    live.apply(workers.records())
    assert heard(feed) == ["-a"]
    live.apply(records)
    assert heard(feed) == ["+bb"], "what is as new as known is heard of again, what is older is not"
    live.apply([(source, key, None) for source, key, _ in records if b"bb" in key])
    assert heard(feed) == ["-bb"]


def test_what_is_read_anew_is_heard_of_anew(feed):
    live, workers = model(feed), Workers()
    workers.open([clock("a")])
    live.apply(workers.records())
    heard(feed)
    live.restart()
    assert heard(feed) == ["BEGIN", "END"]


def test_who_takes_the_place_of_the_model_is_heard_of_as_a_whole_and_from_then_on(feed):
    live, other, workers = model(feed), model(), Workers()
    heard(feed)
    workers.open([clock("a"), clock("b")])
    other.apply(workers.records())
    assert heard(feed) == []
    live.adopt(other)
    assert heard(feed) == ["BEGIN", "+a", "+b", "END"]
    workers.close("b")
    live.apply(workers.records())
    assert heard(feed) == ["-b"]


def test_a_model_that_nobody_listens_to_tells_nobody():
    live, workers = model(), Workers()
    workers.open([clock("a")])
    assert live.apply(workers.records()) == 0
