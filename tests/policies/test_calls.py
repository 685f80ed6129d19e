"""The times by which calls are measured."""

import pytest

from stream_app.policies import parse
from stream_app.policies.calls import Calls

READ = [
    pytest.param("", Calls(), id="the defaults: 20 s, 5 s, 7 d"),
    pytest.param('service_level = "30s"', Calls(service_levels={"30s": 30_000}), id="one level"),
    pytest.param(
        'service_level = ["20s", "1m"]', Calls(service_levels={"20s": 20_000, "1m": 60_000}), id="several levels"
    ),
    pytest.param('short_abandon = "none"', Calls(short_abandon_ms=0), id="nobody hangs up too soon"),
    pytest.param(
        'repeat_contact = ["1h", "24h"]', Calls(repeat_contact={"1h": 3_600_000, "24h": 86_400_000}), id="two horizons"
    ),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_the_table_says(text, expected):
    """A key of [calls] replaces its default."""
    assert parse(f"[calls]\n{text}").calls == expected
