"""The laws of every aggregate: a commutative group under merge, as far as it says so, and a faithful stored form."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.measures import AGGREGATES, Aggregate, Kind, UnreadableStateError

AMOUNTS = st.integers(-(10**6), 10**12) | st.integers(-(2**70), 2**70)
IDS = st.integers(0, 400).map(lambda number: f"id-{number}")


@dataclass(frozen=True)
class Subject:
    """An aggregate, the values that it takes and the most values that it is asked about."""

    kind: Kind
    values: st.SearchStrategy[Any]
    most: int = 30

    def of(self, values: list[Any], weight: int = 1) -> Aggregate:
        aggregate = AGGREGATES[self.kind]()
        for value in values:
            aggregate.add(value, weight)
        return aggregate

    def lists(self) -> st.SearchStrategy[list[Any]]:
        return st.lists(self.values, max_size=self.most)


SUBJECTS = [
    Subject(Kind.COUNT, st.none()),
    Subject(Kind.SUM, AMOUNTS),
    Subject(Kind.HISTOGRAM, AMOUNTS),
    Subject(Kind.DISTINCT, IDS),
    Subject(Kind.STOCK, st.none()),
]
DENSE = Subject(Kind.DISTINCT, IDS, most=600)
every = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.kind)
dense_too = pytest.mark.parametrize(
    "subject", [*SUBJECTS, DENSE], ids=[*(subject.kind for subject in SUBJECTS), "distinct, dense"]
)


def merge(*parts: Aggregate) -> Aggregate:
    total = parts[0].copy()
    for part in parts[1:]:
        total.merge(part)
    return total


@dense_too
@given(st.data())
def test_nothing_is_the_identity(subject, data):
    one = subject.of(data.draw(subject.lists()))
    nothing = subject.of([])
    assert nothing.is_zero()
    assert merge(one, nothing) == merge(nothing, one) == one


@dense_too
@given(st.data())
def test_merging_is_associative_and_commutative(subject, data):
    a, b, c = (subject.of(data.draw(subject.lists())) for _ in range(3))
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, b) == merge(b, a)


@dense_too
@given(st.data())
def test_the_parts_of_a_list_merge_to_the_whole(subject, data):
    values = data.draw(subject.lists())
    cut = data.draw(st.integers(0, len(values)))
    assert merge(subject.of(values[:cut]), subject.of(values[cut:])) == subject.of(values)


@dense_too
@given(st.data())
def test_order_does_not_matter(subject, data):
    values = data.draw(subject.lists())
    assert subject.of(data.draw(st.permutations(values))) == subject.of(values)


@every
@given(st.data())
def test_what_is_added_and_subtracted_leaves_nothing(subject, data):
    a, b = (subject.of(data.draw(subject.lists())) for _ in range(2))
    total = merge(a, b)
    total.subtract(b)
    assert total == a
    total.subtract(a)
    assert total.is_zero()
    assert total == subject.of([])


@every
@given(st.data())
def test_subtracting_what_was_not_there_is_owed(subject, data):
    a, b = (subject.of(data.draw(subject.lists())) for _ in range(2))
    owed = a.copy()
    owed.subtract(b)
    assert merge(owed, b) == a


@every
@given(st.data())
def test_what_is_taken_back_was_never_there(subject, data):
    kept, taken = data.draw(subject.lists()), data.draw(subject.lists())
    aggregate = subject.of(kept)
    changes = data.draw(st.permutations([(value, sign) for value in taken for sign in (1, -1)]))
    for value, sign in changes:
        aggregate.add(value, sign)
    assert aggregate == subject.of(kept)


@dense_too
@given(st.data())
def test_digested_lists_end_to_end_are_each_value_added(subject, data):
    first, second = data.draw(subject.lists()), data.draw(subject.lists())
    weight = data.draw(st.sampled_from([1, -1, 3])) if subject is not DENSE else 1
    aggregate = subject.of([])
    digest = type(aggregate).digest
    aggregate.absorb([*digest(first), *digest(second)], weight)
    assert aggregate == merge(subject.of(first, weight), subject.of(second, weight))


@dense_too
@given(st.data())
def test_the_stored_form_comes_back_as_it_was(subject, data):
    aggregate = subject.of(data.draw(subject.lists()), data.draw(st.sampled_from([1, -1])))
    assert type(aggregate).unpack(aggregate.pack()) == aggregate


@dense_too
@given(st.data())
def test_a_copy_goes_its_own_way(subject, data):
    aggregate = subject.of(data.draw(subject.lists()))
    before = aggregate.pack()
    other = aggregate.copy()
    other.merge(subject.of(data.draw(subject.lists())))
    other.add(data.draw(subject.values))
    assert aggregate.pack() == before


@every
def test_the_stored_form_of_another_kind_or_version_is_refused(subject):
    aggregate = type(subject.of([]))
    newer = bytes((subject.of([]).pack()[0] + 1,)) + subject.of([]).pack()[1:]
    others = [AGGREGATES[kind]().pack() for kind in Kind if kind is not subject.kind]
    for payload in [newer, b"", *others]:
        with pytest.raises(UnreadableStateError, match="raise the state version"):
            aggregate.unpack(payload)
