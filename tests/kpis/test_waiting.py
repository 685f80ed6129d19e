"""Who waits is counted by looking moments up; the count is what the test says of each clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.kpis.kinds.waiting import Open, at_risk, broken, overdue, waiting
from stream_app.measures import formats, keys, stamp
from stream_app.measures.clock import OpenClock
from stream_app.measures.read_model import ReadModel
from tests.board.boards import MEASURES, WINDOWS, kpi

MOMENTS = st.integers(0, 6)
CLOCKS = st.builds(
    OpenClock,
    st.just("lead_response"),
    st.just("ada"),
    st.just(""),
    st.just(0),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    st.just({}),
    st.none(),
    st.booleans(),
)


@pytest.mark.parametrize("test", [waiting, at_risk, overdue, broken])
@given(clocks=st.lists(CLOCKS, max_size=6), now=MOMENTS)
def test_a_count_is_what_the_test_says_of_each_clock(test, clocks, now):
    model = ReadModel(WINDOWS, MEASURES)
    model.advance(now)
    for number, clock in enumerate(clocks):
        model.update(0, keys.clock(str(number)), stamp.pack(number, bytes((formats.CLOCK,)) + clock.pack()))
    (total,) = kpi("x", Open((("lead_response", ()),), test)).samples(model)
    assert total.value == sum(test(clock, now) for clock in clocks)
