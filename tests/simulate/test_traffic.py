"""Simulated traffic: the same every time, in order, as the contract has it, and as people behave."""

import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from itertools import islice, pairwise, takewhile

import pytest

from schemas import EVENTS, BadEvent, decode
from stream_app.journeys.families import family_of
from stream_app.simulate import Options, generate
from stream_app.simulate.rhythm import shares, until_open
from stream_app.simulate.traffic import SQUEEZED
from stream_app.simulate.wires import FAMILIES, LATEST_MS, family
from stream_app.simulate.world import TEAMS

START = 1_772_409_600_000  # Monday 2026-03-02 00:00 UTC
HOUR, DAY = 3_600_000, 86_400_000
LIVELY = Options(rate=20, squeeze=SQUEEZED)


@pytest.fixture(scope="module")
def traffic():
    return list(islice(generate(1, START, LIVELY), 30_000))


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def customers_of(records) -> set[bytes]:
    """The relationships; the same people work here in every run, on the same campaigns."""
    return {record.key for record in records if record.family == "relationships"}


def kind(event) -> str:
    return str(event.type).removeprefix("crm.").removesuffix(".v1")


def test_traffic_is_a_function_of_seed_start_and_options(traffic):
    assert list(islice(generate(1, START, LIVELY), 30_000)) == traffic


@pytest.mark.parametrize(
    ("seed", "start"), [pytest.param(2, START, id="another seed"), pytest.param(1, START + 1, id="another start")]
)
def test_another_run_shares_no_event_and_nobody(traffic, seed, start):
    other = list(islice(generate(seed, start, LIVELY), 2_000))

    assert {json.loads(record.value)["id"] for record in other}.isdisjoint(
        json.loads(record.value)["id"] for record in traffic
    )
    assert customers_of(other).isdisjoint(customers_of(traffic))


def test_records_come_in_the_order_of_arrival_and_after_their_event(traffic):
    assert all(before.due <= after.due for before, after in pairwise(traffic))
    assert all(0 <= record.due - decode(record.value).at <= LATEST_MS + 100_000 for record in traffic)


def test_every_event_fits_the_contract_and_its_key_is_its_subject(traffic):
    for record in traffic:
        event = decode(record.value)
        assert event.subject is not None
        assert event.subject.encode() == record.key


def test_every_type_of_event_happens(traffic):
    happened = Counter(kind(decode(record.value)) for record in traffic)

    assert {kind for kind in EVENTS if not happened[kind.removeprefix("crm.").removesuffix(".v1")]} == set()


def test_events_go_to_the_topic_of_those_they_are_about(traffic):
    assert {(record.family, family_of(decode(record.value).type).name) for record in traffic} == {
        (name, name) for name in FAMILIES
    }
    assert {(name, family_of(name).name) for name in EVENTS} == {
        (name, family(name.removeprefix("crm."))) for name in EVENTS
    }


def test_one_family_alone_may_be_told():
    only = list(islice(generate(1, START, replace(LIVELY, families=("users",))), 500))

    assert {record.family for record in only} == {"users"}


def test_nothing_more_is_told_of_somebody_who_was_erased(traffic):
    erased = {record.key: decode(record.value).at for record in traffic if b"relationship.erased" in record.value}

    assert erased
    assert not [r for r in traffic if r.key in erased and decode(r.value).at > erased[r.key]]


def test_some_leads_are_never_answered_and_channels_and_owners_differ(traffic):
    created: dict[bytes, int] = {}
    channel: dict[bytes, str] = {}
    waits: dict[bytes, int] = {}
    automated: set[bytes] = set()
    owners: defaultdict[str, list[int]] = defaultdict(list)
    for record in traffic:
        event = decode(record.value)
        if kind(event) == "lead.created" and event.at < traffic[-1].due - HOUR // 4:
            created.setdefault(record.key, event.at)
            channel[record.key] = event.data.channel
        elif kind(event) == "interaction.logged" and event.data.direction == "out" and record.key in created:
            if event.data.automated or event.data.internal:
                automated.add(record.key)
            elif record.key not in waits:
                waits[record.key] = event.at - created[record.key]
                owners[event.data.user_id].append(waits[record.key])
    silent = 1 - len(waits) / len(created)
    volumes = Counter(channel.values())
    medians = {owner: sorted(times)[len(times) // 2] for owner, times in owners.items() if len(times) > 20}

    assert 0.04 < silent < 0.20
    assert automated
    assert volumes["web"] > 2 * volumes["event"] > 0
    assert len(medians) == sum(len(team.owners) for team in TEAMS) == 12
    assert max(medians.values()) > 1.5 * min(medians.values())


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_retries_deliver_the_same_bytes_again(share):
    records = list(islice(generate(3, START, Options(rate=50, squeeze=SQUEEZED, duplicates=share)), 10_000))
    repeats = sum(count - 1 for count in Counter(record.value for record in records).values())

    assert repeats / len(records) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_late_events_are_minutes_to_hours_late(share):
    records = list(islice(generate(3, START, Options(rate=1, squeeze=SQUEEZED, late=share, duplicates=0)), 40_000))
    late = sum(record.due - decode(record.value).at > 60_000 for record in records)

    assert late / len(records) == pytest.approx(share * 0.95, abs=0.01)


def test_broken_events_are_refused_and_the_others_are_not():
    records = list(islice(generate(3, START, Options(rate=50, squeeze=SQUEEZED, broken=0.1)), 5_000))
    reasons: Counter[str] = Counter()
    for record in records:
        try:
            decode(record.value)
        except BadEvent as bad:
            reasons[bad.reason] += 1

    assert reasons.total() / len(records) == pytest.approx(0.1, abs=0.02)
    assert len(reasons) >= 4


def test_the_rate_is_the_mean_over_a_week():
    week = takewhile(
        lambda record: record.due < START + 7 * DAY, generate(5, START, Options(rate=0.15, squeeze=SQUEEZED))
    )

    assert sum(1 for _ in week) / (7 * DAY / 1000) == pytest.approx(0.15, rel=0.15)


def test_traffic_follows_the_day_unless_told_not_to():
    def leads_by_hour(rhythm) -> list[int]:
        options = Options(rate=0.7, squeeze=SQUEEZED, rhythm=rhythm)
        counts = [0] * 24
        for record in takewhile(lambda record: record.due < START + DAY, generate(5, START, options)):
            event = decode(record.value)
            if kind(event) == "lead.created":
                counts[(event.at - START) // HOUR] += 1
        return counts

    day, even = leads_by_hour("always"), leads_by_hour("never")

    assert max(day) > 3 * min(day)
    assert max(even) < 2.5 * min(even)


def test_a_quiet_past_comes_before_the_live_traffic():
    options = Options(rate=10, squeeze=SQUEEZED, history_ms=DAY, history_rate=0.05, rhythm="never", residents=0)
    records = takewhile(lambda record: record.due < START + DAY + HOUR, generate(5, START, options))
    hours = Counter((record.due - START) // HOUR for record in records)

    assert 50 < hours[12] < 400
    assert hours[24] > 10_000


def test_residents_were_customers_before_and_are_imported():
    records = list(islice(generate(5, START, Options(residents=50)), 50))
    events = [decode(record.value) for record in records]

    assert all(event.at < START and event.imported for event in events)


@pytest.mark.parametrize(
    ("team", "moment", "opens"),
    [
        pytest.param("emea", "2026-03-02T09:30:00+01:00", "2026-03-02T09:30:00+01:00", id="at work"),
        pytest.param("emea", "2026-03-02T06:30:00+01:00", "2026-03-02T08:00:00+01:00", id="early"),
        pytest.param("emea", "2026-03-06T18:30:00+01:00", "2026-03-09T08:00:00+01:00", id="over the weekend"),
        pytest.param("emea", "2026-03-27T19:00:00+01:00", "2026-03-30T08:00:00+02:00", id="the clocks change"),
        pytest.param("emea", "2026-03-28T19:00:00+01:00", "2026-03-30T08:00:00+02:00", id="in the night of the change"),
        pytest.param("apac", "2026-03-02T20:00:00+08:00", "2026-03-03T08:00:00+08:00", id="another zone"),
    ],
)
def test_people_answer_when_they_are_at_work(team, moment, opens):
    found = next(one for one in TEAMS if one.name == team)

    assert at(moment) + until_open(found, at(moment)) == at(opens)


def test_the_rhythm_is_one_on_average():
    assert sum(sum(shares(START + hour * HOUR)) for hour in range(168)) / 168 == pytest.approx(1.0, rel=0.01)
