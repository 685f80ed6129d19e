"""A real Alertmanager and those whom it tells: what people get, through restarts and beside another board."""

import asyncio
from functools import partial

import pytest

from stream_app.policies import parse
from tests.alerting.real import CONFIG, Town, due_in, until
from tests.alertmanager import Webhook, server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
OVERDUE, AT_RISK, MANY = "CrmPromiseOverdue", "CrmPromiseAtRisk", "CrmPromisesMany"
A_WHILE = 1.5
"""Seconds in which an Alertmanager with the intervals of the test would have told people of anything."""


@pytest.fixture
def real(tmp_path, webhook):
    with server(CONFIG.format(url=webhook.url), tmp_path) as running:
        yield running


def told(webhook: Webhook, status: str, times: int) -> bool:
    return webhook.told().count((status, "lead-1")) == times


async def test_fires_with_everything_one_needs_and_resolves_when_answered(real, webhook):
    town = Town(real.url)
    async with town.board() as board:
        promise = due_in("lead-1", 0.3)
        town.open(promise)
        await until(lambda: webhook.told(alertname=OVERDUE))
        (alert,) = webhook.notifications[0]["alerts"]
        assert alert["labels"] == {
            "alertname": OVERDUE, "severity": "page", "clock": "lead_response", "relationship": "lead-1",
            "team": "emea", "owner_id": "u-17", "channel": "web",
        }  # fmt: skip
        assert {"summary", "description", "due", "since", "owner", "board_url", "runbook_url"} == {
            *alert["annotations"]
        }
        town.close("lead-1")
        await until(lambda: ("resolved", "lead-1") in webhook.told(alertname=OVERDUE))
        assert webhook.told() == [("firing", "lead-1"), ("resolved", "lead-1")]
        assert board.meters.sent[real.url.removeprefix("http://")] >= 2
        assert sum(board.meters.failed.values()) == 0


async def test_fired_recovered_over_again_fires_again(real, webhook):
    town = Town(real.url)
    async with town.board():
        for times in (1, 2):
            town.open(due_in("lead-1", 0.1))
            await until(partial(told, webhook, "firing", times), webhook.told)
            town.close("lead-1")
            await until(partial(told, webhook, "resolved", times), webhook.told)
    assert webhook.told() == [("firing", "lead-1"), ("resolved", "lead-1")] * 2


async def test_overdue_takes_the_place_of_at_risk(real, webhook):
    """Nobody is told that a promise is no longer at risk because it is broken."""
    town = Town(real.url)
    async with town.board():
        town.open(due_in("lead-1", 3.0, risk=0.1))
        await until(lambda: webhook.told(alertname=OVERDUE))
        await asyncio.sleep(A_WHILE)
        town.close("lead-1")
        await until(lambda: ("resolved", "lead-1") in webhook.told(alertname=OVERDUE))
    assert webhook.told(alertname=AT_RISK) == [("firing", "lead-1")]


async def test_a_board_that_is_started_again_tells_nobody_twice(real, webhook):
    """What held is told with the same labels and beginning; what became overdue meanwhile is told once."""
    town = Town(real.url)
    async with town.board():
        town.open(*(due_in(f"lead-{number}", 0.1) for number in range(20)))
        await until(lambda: len(webhook.told()) == 20, webhook.told)
    before = {(one["fingerprint"], one["startsAt"]) for one in real.alerts()}
    town.open(due_in("late", 0.1))
    async with town.board() as again:
        await until(lambda: ("firing", "late") in webhook.told())
        await asyncio.sleep(A_WHILE)
        new = [
            one for one in webhook.notifications if any(a["labels"]["relationship"] == "late" for a in one["alerts"])
        ]
        assert len(new) == 1
        assert len(webhook.notifications) <= 3, "the first twenty in one or two, and one for the late one"
        assert before < {(one["fingerprint"], one["startsAt"]) for one in real.alerts()}
        assert again.meters.firing == 21


async def test_a_restart_alone_is_not_noticed(real, webhook):
    town = Town(real.url)
    async with town.board():
        town.open(*(due_in(f"lead-{number}", 0.1) for number in range(20)))
        await until(lambda: len(webhook.told()) == 20, webhook.told)
        await asyncio.sleep(A_WHILE)
    told = len(webhook.notifications)
    for _ in range(2):
        async with town.board() as again:
            await until(lambda: sum(again.meters.sent.values()) >= 20)
            await asyncio.sleep(A_WHILE)
    assert len(webhook.notifications) == told


async def test_two_boards_tell_once(real, webhook):
    town = Town(real.url)
    async with town.board() as one, town.board() as other:
        town.open(*(due_in(f"lead-{number}", 0.3) for number in range(20)))
        await until(lambda: len(set(webhook.told())) == 20, webhook.told)
        await asyncio.sleep(A_WHILE)
        assert len(real.alerts()) == 20
        assert sum(one.meters.sent.values()) >= 20 <= sum(other.meters.sent.values())
        told = len(webhook.notifications)
        assert told <= 2, "one group; a second time only if some came after its first flush"
        town.close(*(f"lead-{number}" for number in range(20)))
        await until(lambda: len([status for status, _ in webhook.told() if status == "resolved"]) >= 20)
        await asyncio.sleep(A_WHILE)
        assert real.alerts() == []


async def test_an_alertmanager_that_is_away_gets_everything_when_it_is_back(real, webhook):
    """The board goes on; what was answered in the meantime is told of to nobody."""
    town = Town(real.url)
    real.stop()
    async with town.board() as board:
        town.open(due_in("stays", 0.1), due_in("answered", 0.1))
        await until(lambda: sum(board.meters.failed.values()) >= 2)
        town.close("answered")
        await until(lambda: board.meters.firing == 1)
        await until(lambda: max(board.meters.waiting.values()) > 0)
        real.start()
        await until(lambda: ("firing", "stays") in webhook.told(), webhook.told)
        await until(lambda: max(board.meters.waiting.values()) == 0)
    assert ("firing", "answered") not in webhook.told()


async def test_one_group_a_team_and_one_alert_for_a_flood(real, webhook):
    """Ten thousand at once: every team gets its longest waits one by one, and one alert for all others."""
    town = Town(real.url, policies=parse("[alerts]\nmost = 20"))
    async with town.board():
        town.open(*(due_in(f"lead-{number}", 0.5, team=f"team-{number % 4}") for number in range(10_000)))
        await until(lambda: len(webhook.told(alertname=MANY)) >= 4, lambda: len(real.alerts()))
        await asyncio.sleep(A_WHILE)
        assert len(real.alerts()) == 4 * 21
        many = [one for one in real.alerts() if one["labels"]["alertname"] == MANY]
        assert {one["labels"]["team"] for one in many} == {"team-0", "team-1", "team-2", "team-3"}
    groups = {notification["groupKey"] for notification in webhook.notifications}
    assert len(groups) == 8


async def test_a_second_alertmanager_is_told_as_well(real, webhook, tmp_path_factory):
    with server(CONFIG.format(url=webhook.url), tmp_path_factory.mktemp("second")) as second:
        town = Town(real.url, f"{second.url}/")
        async with town.board():
            town.open(due_in("lead-1", 0.1))
            await until(lambda: real.alerts() and second.alerts())
