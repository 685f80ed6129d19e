"""Distinct: exact while small, close when large, and stable from process to process."""

import pytest

from stream_app.measures import Distinct
from stream_app.measures.distinct import EXACT, stable_hash


def of(ids: range) -> Distinct:
    distinct = Distinct()
    distinct.absorb(distinct.digest([f"lead-{number}" for number in ids]))
    return distinct


@pytest.mark.parametrize("n", [0, 1, 2, 255, EXACT])
def test_it_is_exact_up_to_256(n):
    assert of(range(n)).n == n


@pytest.mark.parametrize("n", [EXACT + 1, 500, 1_000, 5_000, 20_000, 100_000])
def test_beyond_256_it_is_within_four_standard_errors(n):
    assert of(range(n)).n == pytest.approx(n, rel=4 * 0.01625)


def test_an_id_that_comes_again_is_not_counted_again():
    distinct = of(range(1000))
    before = distinct.pack()
    distinct.merge(of(range(300)))
    assert distinct.pack() == before


def test_merging_small_ones_into_a_large_one_is_the_large_one():
    whole = of(range(1200))
    parts = Distinct()
    for start in range(0, 1200, 100):
        parts.merge(of(range(start, start + 100)))
    assert parts == whole


def test_taking_back_is_exact_while_small():
    distinct = of(range(10))
    distinct.add("lead-3")
    distinct.add("lead-3", -1)
    assert distinct.n == 10
    distinct.add("lead-3", -1)
    assert distinct.n == 9


def test_taking_back_is_ignored_once_dense():
    distinct = of(range(1000))
    before = distinct.n
    distinct.add("lead-3", -1)
    assert distinct.n == before
    with pytest.raises(ValueError, match="merge anew"):
        distinct.subtract(of(range(3)))


@pytest.mark.parametrize(
    ("value", "hashed"),
    [("lead-1", 0x38966E5D52DEE4BA), (b"lead-1", 0x38966E5D52DEE4BA), (7, stable_hash("7"))],
    ids=["text", "bytes", "number"],
)
def test_hashes_are_the_same_in_every_process(value, hashed):
    """They are stored: a hash that changed would count everybody twice."""
    assert stable_hash(value) == hashed
