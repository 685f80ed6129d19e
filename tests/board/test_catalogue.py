"""The whole catalogue that ships, on an empty model and on a busy one."""

from prometheus_client.parser import text_string_to_metric_families as parse

from stream_app.kpis import CATALOGUE
from tests.board.boards import Board


async def test_every_kpi_of_the_catalogue_computes_and_describes_itself(serve):
    board = Board(CATALOGUE.values())
    board.catch_up()
    browser = await serve(board)
    answer = await browser.get("/api/v1/kpis")
    assert {one["name"] for one in answer["kpis"]} == set(CATALOGUE)
    assert [(one["name"], one["error"]) for one in answer["kpis"] if not one["ok"]] == []
    for name in CATALOGUE:
        detail = await browser.get(f"/api/v1/kpis/{name}")
        assert detail["formula"]
        for behind in detail["open_clocks"]:
            assert (await browser.get(behind["url"]))["total"] == behind["total"]


async def test_gauges_are_declared_once_each_and_never_look_like_counters(serve):
    board = Board(CATALOGUE.values())
    board.catch_up()
    families = list(parse(await (await serve(board)).metrics()))
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    gauges = [family.name for family in families if family.type == "gauge" and family.name.startswith("crm_")]
    assert not [name for name in gauges if name.endswith(("_total", "_sum", "_count", "_bucket"))]
