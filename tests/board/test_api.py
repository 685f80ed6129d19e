"""The JSON for people and programs: the catalogue, one KPI traced to its leads, and helpful refusals."""

import pytest

from tests.board.boards import MINUTE, NOW, Board, Raising, clock, kpi

AT = "2025-06-15T15:06:40.000Z"


async def test_the_catalogue_has_every_kpi_with_the_value_that_stands_for_it(ready):
    ready.board.workers.account(0, applied=1, watermark=NOW - 1000)
    ready.board.flow()
    answer = await ready.get("/api/v1/kpis")
    assert answer["at"] == AT
    assert answer["watermark"] == "2025-06-15T15:06:39.000Z"
    assert answer["windows"] == ["15m", "24h"]
    assert answer["areas"] == ["response", "relationship", "service"]
    kpis = {one["name"]: one for one in answer["kpis"]}
    assert answer["total"] == len(kpis) == 8
    assert kpis["reply_ratio"]["headline"] == {
        "metric": "crm_reply_ratio", "part": "", "window": "24h", "labels": {}, "value": 0.5, "n": 10,
    }  # fmt: skip
    assert kpis["reply_seconds"]["headline"]["labels"] == {"quantile": "0.5"}
    assert kpis["leads_waiting"]["headline"]["value"] == 0
    assert kpis["leads_answered"]["direction"] == "up"


async def test_a_failing_kpi_says_so_in_the_catalogue_and_in_its_own_answer(ready):
    kpis = {one["name"]: one for one in (await ready.get("/api/v1/kpis"))["kpis"]}
    assert kpis["broken_ratio"]["ok"] is False
    assert kpis["broken_ratio"]["headline"] is None
    assert kpis["broken_ratio"]["error"].startswith("ZeroDivisionError")
    answer = await ready.get("/api/v1/kpis/broken_ratio", 500)
    assert answer["error"] == "kpi_failed"
    assert answer["kpi"]["formula"] == "How broken_ratio is computed."


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("?area=relationship", ["reply_ratio"], id="area"),
        pytest.param("?area=relationship&window=15m", ["reply_ratio"], id="area and window"),
    ],
)
async def test_the_catalogue_is_filtered(ready, query, names):
    answer = await ready.get(f"/api/v1/kpis{query}")
    assert [one["name"] for one in answer["kpis"]] == names


async def test_the_window_chooses_the_headline(ready):
    kpis = {one["name"]: one for one in (await ready.get("/api/v1/kpis?window=15m"))["kpis"]}
    assert kpis["reply_ratio"]["headline"]["value"] == 0.25
    assert kpis["reply_seconds"]["headline"] is None  # it has figures for 24 h only
    assert kpis["leads_waiting"]["headline"]["value"] == 0  # speaks of now, whatever the window


async def test_one_kpi_tells_everything_behind_its_number(ready):
    answer = await ready.get("/api/v1/kpis/reply_ratio")
    assert (answer["value"], answer["n"], answer["window"]) == (0.5, 10, "24h")
    assert (answer["numerator"], answer["denominator"], answer["mean"]) == (5, 10, None)
    assert answer["formula"] == "How reply_ratio is computed."
    assert answer["meaning"] == "What reply_ratio means."
    assert (answer["source"], answer["unit"], answer["excluded"]) == ("A0", "ratio", {})
    assert len(answer["samples"]) == 7
    assert len(answer["totals"]) == 6
    assert list(answer["breakdowns"]["medium"]) == ['e-"mail\\\n<b>']
    assert answer["open_clocks"] == []
    narrow = await ready.get("/api/v1/kpis/reply_ratio?window=15m")
    assert (narrow["value"], len(narrow["samples"])) == (0.25, 3)


async def test_the_mean_stands_beside_the_median(ready):
    answer = await ready.get("/api/v1/kpis/reply_seconds")
    assert (answer["value"], answer["mean"]) == (60, 70)


CROWD = [
    clock("a", since=-30, due=-10, channel="web", team="north"),
    clock("b", since=-9, due=1, channel="web", team="south"),
    clock("c", since=-9, due=2, channel="fair", team="north"),
    clock("d", since=-5, due=20, channel="web", team="south"),
    clock("e", since=-90, due=None),
]


@pytest.mark.parametrize(
    ("name", "who"),
    [
        pytest.param("leads_waiting", ["a", "b", "c", "d", "e"], id="waiting is everyone"),
        pytest.param("leads_at_risk", ["b", "c"], id="at risk"),
        pytest.param("leads_overdue", ["a"], id="overdue"),
    ],
)
async def test_the_list_behind_a_count_is_as_long_as_the_count_always(ready, name, who):
    ready.board.workers.open(CROWD)
    ready.board.flow()
    for minutes in (0, 1, 2, 5, 30):
        ready.board.now = NOW + minutes * MINUTE + 1
        answer = await ready.get(f"/api/v1/kpis/{name}")
        (behind,) = answer["open_clocks"]
        assert answer["value"] == behind["total"] == len(behind["items"])
        assert (await ready.get(behind["url"]))["total"] == answer["value"]
        if not minutes:
            assert [row["relationship"] for row in behind["items"]] == who


async def test_a_kpi_that_counts_several_clocks_has_one_list_per_number(ready):
    ready.board.workers.open([clock(who, name="case_first") for who in ("a", "bb")])
    ready.board.workers.open([clock(who, name="case_next") for who in ("c",)])
    ready.board.flow()
    answer = await ready.get("/api/v1/kpis/cases_waiting")
    numbers = {s["labels"]["promise"]: s["value"] for s in answer["totals"]}
    lists = {one["labels"]["promise"]: one["total"] for one in answer["open_clocks"]}
    assert lists == numbers == {"first": 2, "next": 1}
    kpis = {one["name"]: one for one in (await ready.get("/api/v1/kpis?area=service"))["kpis"]}
    assert [s["labels"]["promise"] for s in kpis["cases_waiting"]["variants"]] == ["first", "next"]


async def test_who_is_waiting_since_when_due_when(ready):
    ready.board.workers.open(CROWD)
    ready.board.flow()
    answer = await ready.get("/api/v1/clocks?limit=1")
    assert answer["total"] == 5
    assert list(answer["counts"]) == ["lead_response", "case_first", "case_next"]  # as the catalogue has them
    assert answer["counts"]["lead_response"] == {"waiting": 5, "at_risk": 2, "overdue": 1}
    assert answer["items"] == [
        {
            "clock": "lead_response",
            "relationship": "a",
            "item": "",
            "state": "overdue",
            "since": "2025-06-15T14:36:40.000Z",
            "due": "2025-06-15T14:56:40.000Z",
            "at_risk_from": "2025-06-15T14:52:40.000Z",
            "waiting_seconds": 1800,
            "due_in_seconds": -600,
            "policy": "lead response",
            "paused": False,
            "imported": False,
            "labels": {"channel": "web", "team": "north"},
            "owner": None,
            "crm_url": None,
        }
    ]


@pytest.mark.parametrize(
    ("query", "who"),
    [
        pytest.param("", "abcde", id="due first, without a due time last"),
        pytest.param("sort=-due", "dcbae", id="due last, without a due time still last"),
        pytest.param("sort=since", "eabcd", id="longest waiting first, ties by name"),
        pytest.param("sort=-since", "dbcae", id="newest first, ties by name"),
        pytest.param("state=waiting", "abcde", id="everyone waits"),
        pytest.param("state=at_risk", "bc", id="at risk"),
        pytest.param("state=overdue", "a", id="overdue"),
        pytest.param("channel=web", "abd", id="channel"),
        pytest.param("channel=web&team=south", "bd", id="channel and team"),
        pytest.param("owner_id=nobody", "", id="nobody"),
        pytest.param("clock=lead_response", "abcde", id="clock"),
        pytest.param("limit=2", "ab", id="first page"),
        pytest.param("limit=2&offset=4", "e", id="last page"),
        pytest.param("offset=5", "", id="behind the end"),
        pytest.param("limit=0", "", id="only the counts"),
    ],
)
async def test_the_waiting_list_is_filtered_sorted_and_paged(ready, query, who):
    ready.board.workers.open(reversed(CROWD))
    ready.board.flow()
    answer = await ready.get(f"/api/v1/clocks?{query}")
    assert "".join(row["relationship"] for row in answer["items"]) == who


async def test_imported_history_waits_but_is_never_at_risk(ready):
    ready.board.workers.open([CROWD[0].__class__("lead_response", "x", "", NOW - 9, NOW - 5, NOW - 6, {}, None, True)])
    ready.board.flow()
    answer = await ready.get("/api/v1/clocks")
    assert answer["counts"]["lead_response"] == {"waiting": 1, "at_risk": 0, "overdue": 0}
    assert answer["items"][0]["imported"] is True


@pytest.mark.parametrize(
    ("path", "status", "error", "suggestion"),
    [
        pytest.param("/api/v1/kpis/reply_rato", 404, "unknown_kpi", "reply_ratio", id="misspelt kpi"),
        pytest.param("/api/v1/kpis/overdue", 404, "unknown_kpi", "leads_overdue", id="part of a name"),
        pytest.param("/api/v1/kpis?area=respons", 400, "unknown_area", "response", id="misspelt area"),
        pytest.param("/api/v1/kpis?windw=24h", 400, "unknown_parameter", "window", id="misspelt parameter"),
        pytest.param("/api/v1/kpis?window=24hours", 400, "unknown_window", "24h", id="window that is not there"),
        pytest.param("/api/v1/clocks?state=late", 400, "unknown_state", None, id="state"),
        pytest.param("/api/v1/clocks?sort=team", 400, "unknown_sort", None, id="sort"),
        pytest.param("/api/v1/clocks?clock=lead_respons", 400, "unknown_clock", "lead_response", id="clock"),
        pytest.param("/api/v1/clocks?limit=ten", 400, "invalid_limit", None, id="limit that is no number"),
        pytest.param("/api/v1/clocks?limit=1001", 400, "invalid_limit", None, id="limit that is too high"),
        pytest.param("/api/v1/clocks?offset=-1", 400, "invalid_offset", None, id="negative offset"),
        pytest.param("/api/v1/clocks?offset=%D9%A3", 400, "invalid_offset", None, id="digits of another script"),
        pytest.param("/api/v1/clocks?team=a&team=b", 400, "repeated_parameter", None, id="given twice"),
        pytest.param("/api/v2", 404, "not_found", None, id="no such route"),
    ],
)
async def test_a_wrong_question_gets_a_json_answer_that_helps(ready, path, status, error, suggestion):
    answer = await ready.get(path, status)
    assert answer["error"] == error
    assert answer["message"]
    assert answer["hint"]
    if suggestion:
        assert suggestion in answer["suggestions"]


async def test_the_board_is_read_only(ready):
    async with ready.client.post("/api/v1/clocks") as response:
        assert response.status == 405
        assert (await response.json())["hint"].startswith("the board is read only")
        assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/api/v1/kpis", "/api/v1/kpis/leads_waiting", "/api/v1/clocks"])
async def test_before_the_state_is_read_the_api_gives_reasons_instead_of_figures(serve, path):
    board = Board()
    board.catch_up(caught_up=(True, False))
    answer = await (await serve(board)).get(path, 503)
    assert answer["error"] == "not_ready"
    assert answer["reasons"] == ["crm-pulse.v1.relationships.cells[1] is being read: 30 of 40 offsets to go"]
    assert answer["read_ratio"] == 0.4


async def test_a_failure_inside_the_board_is_json_without_its_insides(serve):
    board = Board([kpi("x", Raising())])
    board.catch_up()
    board.live.take = None  # type: ignore[assignment,method-assign]  # whatever breaks inside
    answer = await (await serve(board)).get("/api/v1/kpis", 500)
    assert answer["error"] == "internal"
    assert "NoneType" not in str(answer)
