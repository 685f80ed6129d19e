"""Which label values have a name of their own: on the write side by partition, on the read side over all."""

import pytest

from stream_app.measures.label_view import LabelView
from stream_app.measures.labels import OTHER, LabelBook, LabelRegistry, read


def registry(*values: str, cap: int = 2) -> LabelRegistry:
    one = LabelRegistry("channel", cap)
    for offset, value in enumerate(values):
        one.resolve(value, offset)
    return one


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["a", "b", "a"], ["a", "b", "a"]),
        (["a", "b", "c", "b"], ["a", "b", OTHER, "b"]),
        ([OTHER, "a", "b"], [OTHER, "a", "b"]),
    ],
    ids=["within the cap", "beyond the cap", "other takes no place"],
)
def test_the_first_values_keep_their_name(values, shown):
    one = registry()
    assert [one.resolve(value, offset) for offset, value in enumerate(values)] == shown


@pytest.mark.parametrize(
    ("value", "offset", "shown"),
    [("b", 4, OTHER), ("b", 5, "b"), ("c", 5, OTHER), ("c", 6, "c")],
    ids=["before its admission", "since its admission", "refused by then", "new since then"],
)
def test_a_replayed_record_counts_under_the_name_that_it_had(value, offset, shown):
    one = LabelRegistry("channel", 3)
    one.resolve("a", 0)
    one.resolve("b", 5)
    again = LabelRegistry("channel", 3)
    again.load(one.drain())
    assert again.resolve(value, offset) == shown


def test_only_values_without_cells_are_evicted_and_only_if_somebody_waits():
    one = registry("a", "b")
    one.hold("a", 1)
    assert not one.evict(2)
    one.resolve("c", 3)
    assert one.evict(4)
    assert read(one.drain()) == ({"a": 0}, False)


def test_a_registry_stays_full_while_other_has_cells():
    one = registry("a", "b", "c")
    one.hold(OTHER, 1)
    one.evict(3)
    assert read(one.drain()) == ({}, True)


@pytest.mark.parametrize(
    ("partitions", "hidden"),
    [
        ([["a", "b"], ["b", "a"]], set()),
        ([["a", "b", "x"], ["a"]], {"c", "x"}),
        ([["a", "b", "x"], ["c", "b", "x"]], {"a", "c", "x"}),
    ],
    ids=["nobody refused", "one refused", "both refused"],
)
def test_a_value_is_shown_only_where_its_number_is_complete(partitions, hidden):
    view = LabelView()
    for partition, values in enumerate(partitions):
        view.update(partition, registry(*values).drain())
    assert {value for value in ("a", "b", "c", "x", OTHER) if view.hides(value)} == hidden


def test_an_outdated_registry_is_ignored():
    view = LabelView()
    early = registry("a").drain()
    view.update(0, registry("b", "a", "c").drain())
    view.update(0, early)
    assert view.shown == frozenset("ab")
    view.update(0, None)
    assert view.shown is None


def test_a_label_may_have_a_cap_of_its_own():
    book = LabelBook(1, {"owner_id": 3})
    seen = {label: [book[label].resolve(value, 0) for value in "abcd"] for label in ("channel", "owner_id")}
    assert seen == {"channel": ["a", OTHER, OTHER, OTHER], "owner_id": ["a", "b", "c", OTHER]}
    assert book.refused == 4
