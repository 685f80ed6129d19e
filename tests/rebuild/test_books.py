"""The books of two versions agree wherever both have counted, and only there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.measures import keys, stamp
from stream_app.measures.accounting import Accounting
from stream_app.rebuild.books import Book, book, disagreements, in_step

FATES = ("applied", "duplicates", "dead")
LOG = st.lists(st.sampled_from([*FATES, ""]), max_size=40)


def counted(fates: list[str]) -> Book:
    """Return the book of a log, "" being an offset without a record."""
    return Book(len(fates) - 1, Accounting(*(fates.count(fate) for fate in FATES)))


@given(LOG, st.integers(0, 40), st.integers(0, 40))
def test_two_places_in_one_log_always_agree(log, one, other):
    old, new = {("users", 0): counted(log[:one])}, {("users", 0): counted(log[:other])}
    assert disagreements(old, new) == []
    assert in_step(old, new) == (len(log[:one]) == len(log[:other]))


@given(LOG, st.data())
def test_another_fate_of_one_record_is_seen_where_both_have_come_as_far(log, data):
    where = [place for place, fate in enumerate(log) if fate]
    if where:
        place = data.draw(st.sampled_from(where))
        changed = [*log]
        changed[place] = data.draw(st.sampled_from([fate for fate in (*FATES, "") if fate != log[place]]))
        (found,) = disagreements({("users", 3): counted(log)}, {("users", 3): counted(changed)})
        assert (found.agent, found.partition) == ("users", 3)
        assert (found.old, found.new) == (counted(log).fates(), counted(changed).fates())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Book(9, Accounting(8, 1, 1)), Book(9, Accounting(9, 0, 1))),
        (Book(9, Accounting(8, 1, 1)), Book(12, Accounting(7, 5, 1))),
        (Book(9, Accounting(10)), Book(12, Accounting(14))),
        (Book(12, Accounting(9)), Book(9, Accounting(10))),
    ],
    ids=["other fates", "fewer of a fate", "more records than offsets between", "fewer though further"],
)
def test_books_that_cannot_both_be_right(old, new):
    place = "users", 3
    assert len(disagreements({place: old}, {place: new})) == len(disagreements({place: new}, {place: old})) == 1


def test_a_book_is_read_from_the_published_entries():
    account = Accounting(5, 1, 2, late=3, watermark=9)
    assert book({keys.ACCOUNTING: stamp.pack(41, account.pack())}) == Book(41, account)
    assert book({}) == Book(-1, Accounting())
