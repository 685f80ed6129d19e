"""Laws of ids that turn out to be one: order, duplicates, crashes, chains, circles and a rebuild change nothing."""

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import decode, encode
from stream_app.journeys.families import RELATIONSHIPS
from tests.journeys.generated import HOUR, MINUTE, SHAPES, START, Record, happening
from tests.journeys.two_partitions import LATER, LINKS, OF_PEOPLE, Topic, Version, as_one, one_by_one

LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
PEOPLE = ("ada", "bob", "cai", "dee")
PLAIN = [
    name
    for name in sorted(SHAPES)
    if f"crm.{name}.v1" in RELATIONSHIPS.types - LINKS.keys() and name != "relationship.erased"
]
NAMES = st.sampled_from(PEOPLE)


def event(number, who, name, at, **data):
    value = encode(f"crm.{name}.v1", data, id=f"e{number}", source="/crm/law", time=START + at, subject=who)
    return Record(0, who.encode(), value, LATER)


@st.composite
def linked(draw, span=20 * HOUR, most=20, erased=False):
    """Events of four people of whom some are one, in no particular order."""
    names = draw(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=most))
    records = [draw(happening(name, number, span)) for number, name in enumerate(names)]
    links = draw(st.lists(st.tuples(NAMES, NAMES, st.booleans()), min_size=1, max_size=4))
    for number, (who, into, merged) in enumerate(links, start=len(records)):
        at = draw(st.integers(0, span // MINUTE)) * MINUTE
        if not merged:
            records.append(event(number, who, "lead.converted", at, customer_id=into))
        elif who != into:
            records.append(event(number, who, "relationship.merged", at, into=into))
    if erased:
        for number, who in enumerate(draw(st.lists(NAMES, min_size=1, max_size=2)), start=len(records)):
            records.append(event(number, who, "relationship.erased", draw(st.integers(0, span // MINUTE)) * MINUTE))
    return records


def run(records, chance=None):
    topic = Topic()
    version = Version(topic)
    for record in records:
        topic.put(record.key, record.value)
        if chance is not None and chance.random() < 0.2:
            version.drain()  # what they have sent to each other so far arrives before the next events
    while chance is not None and (version.left(0) or version.left(1)):
        version.step(chance.randrange(2), chance.randint(1, 4))
    version.drain()
    return version


@LAW
@given(linked(), st.randoms(use_true_random=False))
def test_whoever_is_one_is_counted_as_one_in_any_order(records, chance):
    """
    Within the lateness horizon, the figures are those of the same events under one id, whatever arrives when.
    """
    shuffled = records[:]
    chance.shuffle(shuffled)

    version = run(shuffled, chance)
    expected = one_by_one(as_one(records))

    assert not version.dead
    assert version.numbers(areas=OF_PEOPLE) == expected.numbers(areas=OF_PEOPLE)
    assert version.clocks() == expected.clocks()


@LAW
@given(linked(), st.randoms(use_true_random=False))
def test_repeated_deliveries_of_events_and_forwards_change_nothing(records, chance):
    """
    Any record may come again, later in its partition, what shards sent to each other too.
    """
    version = run(records, chance)
    expected = version.numbers(areas=OF_PEOPLE)
    before = version.books()

    again = [record for log in version.topic.logs for record in log]
    for record in chance.choices(again, k=8):
        version.topic.put(record.key, record.value, record.headers)
    version.drain()

    assert version.numbers(areas=OF_PEOPLE) == expected
    assert sum(book.applied for book in version.books()) == sum(book.applied for book in before)


@pytest.mark.parametrize("erased", [False, True])
@LAW
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_crash_at_any_write_changes_nothing(erased, data, seed):
    """
    Whatever of a batch's writes survives a crash, replaying from the last commit gives the same figures.

    A batch that is longer than its retry sends forwards earlier. Where somebody is erased, such an order counts.
    """
    topics = Topic(), Topic()
    for record in data.draw(linked(erased=erased)):
        for topic in topics:
            topic.put(record.key, record.value)
    calm, shaken = map(Version, topics)
    chance = random.Random(seed)
    for _ in range(1000):
        if not any(version.left(number) for version in (calm, shaken) for number in (0, 1)):
            break
        number, size = chance.randrange(2), chance.randint(1, 5)
        calm.step(number, size)
        for _ in range(chance.choice((0, 0, 1, 2))):
            kind = chance.randrange(4)
            shaken.step(
                number, chance.choice((size, chance.randint(1, size if erased else 8))), commit=False,
                forwards=chance.randint(0, 2) if kind == 0 else None,
                cells=chance.randint(0, 40) if kind == 1 else None,
                journeys=chance.randint(0, 3) if kind == 2 else None,
            )  # fmt: skip
        shaken.step(number, size)
    calm.drain()
    shaken.drain()

    assert shaken.numbers() == calm.numbers()
    assert shaken.clocks() == calm.clocks()
    assert [_plain(book) for book in shaken.books()] == [_plain(book) for book in calm.books()]
    for number in (0, 1):
        assert shaken.journeys[number].keys() == calm.journeys[number].keys()


def _plain(book):
    return book.applied, book.duplicates, book.dead


@LAW
@given(linked(span=24 * 40 * HOUR), st.integers(1, 7))
def test_long_histories_survive_recovery(records, size):
    """
    Over weeks, with settled pasts that move, recovering between all batches changes nothing.
    """
    topics = Topic(), Topic()
    for record in sorted(records, key=lambda record: decode(record.value).at):
        for topic in topics:
            topic.put(record.key, record.value)
    calm, shaken = map(Version, topics)
    while any(version.left(number) for version in (calm, shaken) for number in (0, 1)):
        for number in (0, 1):
            calm.step(number, size)
            shaken.step(number, size)
            shaken.shards[number] = shaken._opened(number)

    assert shaken.numbers(LATER) == calm.numbers(LATER)
    assert shaken.clocks() == calm.clocks()


@LAW
@given(linked(erased=True), st.randoms(use_true_random=False))
def test_a_rebuild_counts_what_moved_once(records, chance):
    """
    A second version over the same log, with the forwards of the first in it, comes to the same figures.
    """
    first = run(records, chance)
    second = Version(first.topic)
    while second.left(0) or second.left(1):
        second.step(chance.randrange(2), chance.randint(1, 4))
    first.drain()
    second.drain()

    assert second.numbers() == first.numbers()
    assert second.clocks() == first.clocks()
    assert list(map(_plain, second.books())) == list(map(_plain, first.books()))
    for number in (0, 1):
        assert second.journeys[number].keys() == first.journeys[number].keys()


@pytest.mark.parametrize("order", ["along", "against"])
def test_a_chain_of_fifty_ends_at_its_last(order):
    """
    Of fifty that were merged one into the next, the last knows all.
    """
    names = [f"p{number:02}" for number in range(51)]
    links = [
        event(number, one, "relationship.merged", HOUR, into=other)
        for number, (one, other) in enumerate(pairwise(names))
    ]
    first = event(100, names[0], "case.opened", 0, case_id="c1", priority="normal")

    version = run([first, *(links if order == "along" else links[::-1])])

    assert not version.dead
    assert {clock.relationship for clock in version.view(LATER).clocks("case_resolution")} == {names[-1]}


def test_a_circle_lives_on_as_its_first():
    """
    Three who were merged into each other are one, and under the first of their ids.
    """
    circle = [
        event(1, "cai", "relationship.merged", HOUR, into="ada"),
        event(2, "ada", "relationship.merged", HOUR, into="bob"),
        event(3, "bob", "relationship.merged", HOUR, into="cai"),
    ]
    opened = [
        event(number, who, "case.opened", 0, case_id=who, priority="normal")
        for number, who in enumerate(PEOPLE[:3], 10)
    ]

    version = run([*opened, *circle])

    assert sorted((c.relationship, c.item) for c in version.view(LATER).clocks("case_resolution")) == [
        ("ada", "ada"), ("ada", "bob"), ("ada", "cai"),
    ]  # fmt: skip


def test_who_comes_back_brings_all_that_was_taken_over():
    """
    Two who were merged both ways, the second time after the first was done, lose nothing.
    """
    topic = Topic()
    version = Version(topic)
    there = event(2, "ada", "relationship.merged", HOUR, into="cai")
    opened = event(1, "ada", "case.opened", 0, case_id="c", priority="normal")
    back = event(3, "cai", "relationship.merged", 2 * HOUR, into="ada")
    for records in ([opened, there], [back]):
        for record in records:
            topic.put(record.key, record.value)
        version.drain()

    assert [(c.relationship, c.item) for c in version.view(LATER).clocks("case_resolution")] == [("ada", "c")]
