"""Stories that a sales-ops person can read: events with their times in, KPI values out."""

from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from schemas import encode
from stream_app.kpis import catalogue
from stream_app.kpis.evaluation import fold
from stream_app.policies import Policies, parse

CASES = Path(__file__).parent / "cases"
STORIES = [
    pytest.param(story, id=f"{path.stem}: {story['story']}")
    for path in sorted(CASES.glob("*.yaml"))
    for story in yaml.safe_load(path.read_text())
]


def ms(text):
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def told(events):
    """Yield the events of a story; "for 1..3" tells one three times, with its number in place of {n}."""
    for event in events:
        spans = [word.removeprefix("for ") for word in event[4:] if str(word).startswith("for ")]
        if not spans:
            yield event
            continue
        first, last = spans[0].split("..")
        for n in range(int(first), int(last) + 1):
            yield [
                event[0],
                event[1].replace("{n}", str(n)),
                event[2],
                {key: str(value).replace("{n}", str(n)) for key, value in event[3].items()},
            ]


def line(number, event):
    when, who, name, data, *extra = event
    imported = "imported" in extra
    id_ = next((word for word in extra if word != "imported"), f"e{number}")
    return encode(f"crm.{name}.v1", data, id=id_, source="/crm/story", time=ms(when), subject=who, imported=imported)


@cache
def rules(text):
    return parse(text) if text else Policies()


def found(samples, kpi, window, labels):
    wanted = None if window == "now" else window
    for sample in samples:
        if (sample.kpi, sample.part, sample.window, sample.labels) == (kpi, "", wanted, labels):
            return sample
    return None


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("order", ["as told", "backwards"])
def test_story(story, order):
    """
    The KPIs of a story are what it says, in whatever order its file lists the events.
    """
    policies = rules(story.get("policies", ""))
    lines = [line(number, event) for number, event in enumerate(told(story["events"]))]

    result = fold(lines if order == "as told" else reversed(lines), policies, ms(story["at"]))

    assert not result.dead
    samples = list(result.samples(catalogue(policies)))
    for kpi, window, labels, expected, *n in story["expect"]:
        sample = found(samples, kpi, window, labels)
        if expected is None:
            assert sample is None, (kpi, labels)
            continue
        assert sample is not None, (kpi, window, labels)
        assert sample.value == pytest.approx(expected, rel=0.0101), (kpi, window, labels)
        assert sample.n == (n[0] if n else sample.n), (kpi, window, labels)


def test_every_worked_case_of_the_journeys_is_told():
    """
    The worked cases that journeys decide each have a story.
    """
    told = {story.get("case") for path in CASES.glob("*.yaml") for story in yaml.safe_load(path.read_text())}

    assert {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 27, 29} <= told
