"""Areas of the catalogue that nobody wants cost nothing, and what is wanted counts as it does among all."""

from dataclasses import replace
from itertools import islice

import pytest

from schemas import encode
from stream_app.journeys.shard import Shard
from stream_app.kpis import CATALOGUE, catalogue
from stream_app.kpis.evaluation import fold
from stream_app.policies import AREAS, parse
from stream_app.simulate import Options, generate
from tests.journeys.generated import Record
from tests.oracle.histories import START

HOUR = 3_600_000


@pytest.fixture(scope="module")
def log():
    options = Options(late=0.05, duplicates=0.02, history_ms=24 * 30 * HOUR, history_rate=0.004)
    return [sent.value for sent in islice(generate(11, START, options), 6_000)]


def numbers(log, area):
    policies = parse(f'catalogue.areas = ["{area}"]')
    kpis = catalogue(policies)
    samples = fold(log, policies, START + HOUR).samples(kpis)
    return kpis, {(s.kpi, s.part, s.window, *sorted(s.labels.items())): (s.value, s.n) for s in samples}


@pytest.mark.parametrize("area", [area for area in AREAS if area != "goals"])  # those are about other areas
def test_one_area_alone_has_the_numbers_that_it_has_among_all(log, area):
    """A part that another one reads runs with it, so leaving areas out changes no number of those that stay."""
    kpis, alone = numbers(log, area)
    whole = parse("")
    among = [s for s in fold(log, whole, START + HOUR).samples(CATALOGUE) if s.kpi in kpis]

    assert alone
    assert alone == {(s.kpi, s.part, s.window, *sorted(s.labels.items())): (s.value, s.n) for s in among}


def test_an_event_that_nothing_wanted_depends_on_is_applied_and_leaves_no_trace():
    """The books balance, and no journey is kept of those who only got a newsletter."""
    shard = Shard(0, parse('catalogue.areas = ["response"]'), {}, {})
    sent = {"campaign_id": "spring", "message_id": "m"}
    record = Record(0, b"ada", encode("crm.email.sent.v1", sent, id="1", source="x", time=START, subject="ada"), START)
    changes = shard.apply([record, replace(record, offset=1), replace(record, offset=2, key=b"bob")])

    assert (changes.applied, changes.duplicates, len(changes.dead)) == (2, 0, 1)
    assert changes.journeys == []
    assert shard.apply([replace(record, offset=1)]).redelivered == 1
