"""JSON for diffs: the same value again, short things in a line, long ones broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.generate.json_text import WIDTH, json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=40,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"b": 1, "a": [1, 2]}, '{"a": [1, 2], "b": 1}\n', id="short"),
        pytest.param({}, "{}\n", id="empty"),
        pytest.param(["x" * 80, "y" * 80], f'[\n "{"x" * 80}",\n "{"y" * 80}"\n]\n', id="long"),
        pytest.param({"a": ["x" * 110, 1]}, f'{{\n "a": [\n  "{"x" * 110}",\n  1\n ]\n}}\n', id="long within"),
    ],
)
def test_what_fits_is_in_a_line(value, text):
    assert json_text(value) == text


@given(VALUES)
def test_it_reads_back_as_the_same_value(value):
    text = json_text(value)
    assert json.loads(text) == value
    for line in text.splitlines():
        assert len(line) <= WIDTH or not line.strip().startswith(("{", "["))
