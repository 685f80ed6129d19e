"""What Prometheus reads: parsed back with its own client library."""

import asyncio
import gzip

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from stream_app.kpis.kpi import Sample
from tests.board.boards import KPIS, MINUTE, NOW, TOPIC, Board, Fixed, clock, kpi


def series(page: str) -> dict[tuple[str, ...], float]:
    """Return value by (name, label=value, ...), labels in alphabetical order."""
    return {
        (s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))): s.value
        for family in parse(page)
        for s in family.samples
    }


async def test_every_sample_of_every_part_is_a_gauge_with_its_meaning_as_help(ready):
    page = await ready.metrics()
    found = series(page)
    assert found["crm_reply_ratio", "window=24h"] == 0.5
    assert found["crm_reply_numerator", "window=24h"] == 5
    assert found["crm_reply_denominator", "window=15m"] == 4
    assert found["crm_reply_seconds", "quantile=0.9", "window=24h"] == 90
    assert found["crm_reply_mean_seconds", "window=24h"] == 70
    assert found["crm_leads_waiting",] == 0
    families = {family.name: family for family in parse(page)}
    assert families["crm_reply_ratio"].documentation == "What reply_ratio means."
    assert families["crm_reply_mean_seconds"].documentation == "Mean of: What reply_seconds means."
    assert {family.type for name, family in families.items() if not name.startswith("process_")} <= {"gauge", "counter"}


async def test_label_values_survive_quotes_backslashes_and_line_breaks(ready):
    assert ("crm_reply_ratio", 'medium=e-"mail\\\n<b>', "window=24h") in series(await ready.metrics())


async def test_a_kpi_that_raises_hides_no_other_and_publishes_no_half(ready):
    found = series(await ready.metrics())
    assert not [name for name, *_ in found if name.startswith("crm_broken")]
    assert {name[1]: value for name, value in found.items() if name[0] == "crm_kpi_collect_success"} == {
        f"kpi={one.name}": float(one.name != "broken_ratio") for one in KPIS
    }
    assert found["crm_kpi_series", "kpi=broken_ratio"] == 0
    assert found["crm_kpi_series", "kpi=reply_ratio"] == 7
    assert found["crm_kpi_collect_duration_seconds", "kpi=broken_ratio"] >= 0


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param((Sample("x", "", None, {}, float("nan"), 1),), id="nan"),
        pytest.param((Sample("x", "", None, {}, float("inf"), 1),), id="infinite"),
        pytest.param((Sample("x", "", "1h", {"a": "b"}, 1, 1),) * 2, id="the same series twice"),
    ],
)
async def test_what_prometheus_could_not_take_fails_its_kpi_only(serve, bad):
    board = Board([kpi("x", Fixed(bad)), kpi("y", Fixed((Sample("y", "", None, {}, 1, 1),)))])
    board.catch_up()
    found = series(await (await serve(board)).metrics())
    assert found["crm_kpi_collect_success", "kpi=x"] == 0
    assert ("crm_y",) in found
    assert not [key for key in found if key[0] == "crm_x"]


async def test_before_the_state_is_read_there_are_no_kpis_but_the_boards_own_health(serve):
    board = Board()
    board.workers.open([clock("a")])
    board.flow()
    board.catch_up(caught_up=(True, False))
    browser = await serve(board)
    found = series(await browser.metrics())
    assert found["crm_kpi_ready",] == 0
    assert not [name for name, *_ in found if name.startswith("crm_") and not name.startswith("crm_kpi_")]
    assert found["crm_kpi_lag_records", "partition=1", f"topic={board.live.progress.partitions[1].topic}"] == 30
    board.catch_up()
    found = series(await browser.metrics())
    assert found["crm_kpi_ready",] == 1
    assert found["crm_leads_waiting",] == 1


async def test_waiting_at_risk_and_overdue_move_with_time_alone(ready):
    ready.board.workers.open([clock("a", since=-5, due=5), clock("bb", since=-5, due=15), clock("c", due=None)])
    ready.board.flow()

    async def counts():
        found = series(await ready.metrics())
        return [found[f"crm_leads_{name}",] for name in ("waiting", "at_risk", "overdue")]

    assert await counts() == [3, 0, 0]
    ready.board.now = NOW + 3 * MINUTE
    assert await counts() == [3, 1, 0]
    ready.board.now = NOW + 5 * MINUTE
    assert await counts() == [3, 1, 0]
    ready.board.now = NOW + 5 * MINUTE + 1
    assert await counts() == [3, 0, 1]
    ready.board.now = NOW + 60 * MINUTE
    assert await counts() == [3, 0, 2]


async def test_in_a_replay_now_is_the_highest_event_time(serve):
    board = Board(clock="watermark")
    board.catch_up()
    board.workers.open([clock("a", due=5)])
    board.workers.account(0, applied=1, watermark=NOW)
    board.flow()
    board.now = NOW + 1000 * MINUTE
    browser = await serve(board)
    assert series(await browser.metrics())["crm_leads_overdue",] == 0
    board.workers.account(1, applied=1, watermark=NOW + 6 * MINUTE)
    board.flow()
    found = series(await browser.metrics())
    assert found["crm_leads_overdue",] == 1
    assert found["crm_kpi_now_timestamp_seconds",] == (NOW + 6 * MINUTE) / 1000


async def test_time_never_runs_backwards(ready):
    ready.board.now = NOW + 10 * MINUTE
    await ready.metrics()
    ready.board.now = NOW
    assert series(await ready.metrics())["crm_kpi_now_timestamp_seconds",] == (NOW + 10 * MINUTE) / 1000


async def test_a_series_whose_data_vanished_vanishes(ready):
    ready.board.workers.open([clock("a", channel="web"), clock("bb", channel="fair")])
    ready.board.flow()
    assert ("crm_leads_waiting", "channel=web") in series(await ready.metrics())
    ready.board.workers.close("a")
    ready.board.flow()
    found = series(await ready.metrics())
    assert ("crm_leads_waiting", "channel=web") not in found
    assert found["crm_leads_waiting", "channel=fair"] == 1
    assert found["crm_leads_waiting",] == 1


async def test_cells_of_all_partitions_become_one_figure(ready):
    for who, channel in (("a", "web"), ("bb", "web"), ("c", "fair")):
        ready.board.workers.answer(who, NOW - MINUTE, channel)
    ready.board.flow()
    found = series(await ready.metrics())
    assert found["crm_leads_answered", "window=15m"] == 3
    assert found["crm_leads_answered", "channel=web", "window=15m"] == 2
    ready.board.now = NOW + 20 * MINUTE
    found = series(await ready.metrics())
    assert found["crm_leads_answered", "window=15m"] == 0
    assert found["crm_leads_answered", "window=24h"] == 3


async def test_the_fates_of_the_records_are_told_per_partition_and_add_up(ready):
    ready.board.workers.account(0, applied=7, duplicates=2, dead=1, late=3, redelivered=5, watermark=NOW)
    ready.board.workers.account(1, applied=4, watermark=NOW - MINUTE)
    ready.board.flow()
    found = series(await ready.metrics())
    topic = f"topic={TOPIC}"
    assert found["crm_kpi_records", "partition=0", topic] == 10
    assert found["crm_kpi_records", "partition=1", topic] == 4
    assert [
        found[f"crm_kpi_records_{fate}", "partition=0", topic]
        for fate in ("applied", "duplicate", "dead", "late", "redelivered")
    ] == [7, 2, 1, 3, 5]
    assert found["crm_kpi_watermark_timestamp_seconds", "partition=1", topic] == (NOW - MINUTE) / 1000


async def test_a_state_record_that_cannot_be_read_is_counted_and_stops_nothing(ready):
    ready.board.workers.open([clock("a")])
    good = ready.board.workers.records()
    assert ready.board.live.apply([(0, b'["k","x"]', b"junk"), (0, b'["c",1,2]', b"12345678x"), *good]) == 2
    assert series(await ready.metrics())["crm_leads_waiting",] == 1


async def test_parallel_scrapes_cost_one_computation(serve):
    board = Board(max_age=1.0)
    board.catch_up()
    browser = await serve(board)
    pages = await asyncio.gather(*(browser.metrics() for _ in range(50)))
    assert board.takes == 1
    assert len(set(pages)) == 1


async def test_a_change_of_readiness_is_not_hidden_by_the_age_of_a_snapshot(serve):
    board = Board(max_age=60.0)
    browser = await serve(board)
    assert series(await browser.metrics())["crm_kpi_ready",] == 0
    board.catch_up()
    assert series(await browser.metrics())["crm_kpi_ready",] == 1
    board.catch_up(caught_up=(True, False))
    await browser.get("/api/v1/kpis", 503)


async def test_openmetrics_and_gzip_are_answered_to_those_who_ask(ready):
    wanted = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with ready.client.get("/metrics", headers=wanted) as response:
        assert response.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        names = {family.name for family in parse_openmetrics(await response.text())}
    assert {"crm_reply_ratio", "crm_kpi_state_records"} <= names
    async with ready.client.get("/metrics", headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert "crm_reply_ratio" in gzip.decompress(await response.read()).decode()


async def test_twenty_thousand_series_are_served_whole(serve):
    many = Fixed(tuple(Sample("many", "", "24h", {"channel": f"c{i}"}, i, 1) for i in range(20_000)))
    board = Board([kpi("many", many, by=("channel",))])
    board.catch_up()
    found = series(await (await serve(board)).metrics())
    assert len([key for key in found if key[0] == "crm_many"]) == 20_000
    assert found["crm_kpi_series", "kpi=many"] == 20_000


async def test_a_slow_client_holds_up_nobody(serve):
    many = Fixed(tuple(Sample("many", "", "24h", {"channel": f"c{i}"}, i, 1) for i in range(20_000)))
    board = Board([kpi("many", many, by=("channel",))], max_age=1.0)
    board.catch_up()
    browser = await serve(board)
    reader, writer = await asyncio.open_connection("127.0.0.1", browser.client.port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (await reader.read(1)) == b"H"  # and then it stops reading
    assert len(await browser.metrics()) > 500_000
    await browser.get("/healthz")
    writer.close()
