"""Declaring measures: what is refused, and what makes two the same."""

import pytest

from stream_app.measures import Kind, Measure, registry


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "Leads"}, "'Leads' must be lower_snake_case"),
        ({"name": ""}, "must be lower_snake_case"),
        ({"by": ("owner id",)}, "'owner id' must be"),
        ({"dims": ("9",)}, "'9' must be"),
        ({"by": ("team",), "dims": ("team",)}, "declared twice"),
        ({"bucket": "d"}, "only a stock has a bucket"),
    ],
    ids=str,
)
def test_a_measure_that_no_series_could_carry_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        Measure(**{"name": "leads", "kind": Kind.COUNT, "unit": "1", "meaning": "leads", **changes})


def test_the_name_is_the_measure():
    one, two = (Measure("leads", Kind.COUNT, "1", meaning) for meaning in ("a", "b"))
    assert one == two
    assert len({one, two}) == 1
    with pytest.raises(ValueError, match="'leads' is declared twice"):
        registry([one, two])


@pytest.mark.parametrize(
    ("kind", "bucket", "grain"),
    [
        (Kind.COUNT, "none", 60_000),
        (Kind.STOCK, "h", 3_600_000),
        (Kind.STOCK, "d", 86_400_000),
        (Kind.STOCK, "none", 1 << 63),
    ],
)
def test_the_grain_is_the_finest_slice_that_a_measure_tells_apart(kind, bucket, grain):
    assert Measure("m", kind, "1", "?", bucket=bucket).grain == grain
