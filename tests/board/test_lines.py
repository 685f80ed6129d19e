"""The page is what prometheus-client would write of the same samples, byte for byte, scrape after scrape."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from stream_app.board.lines import Lines
from stream_app.board.metrics import Gauges, Page, families
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.snapshot import Collected, Snapshot, publishable
from stream_app.kpis.kpi import Sample
from tests.board.boards import NOW, Fixed, kpi

PLAIN = ""
OPEN = "application/openmetrics-text; version=1.0.0"
READY = Progress((PartitionProgress("t", 0, 1, 1, True),))

values = st.one_of(
    st.integers(-(10**12), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -0.0, 999_999.0, 999_999.9999999999, 1e6, 1e6 + 0.1, 12_345_678.9, 1e-7, 1e16, 5e-324, -1e6]),
)
texts = st.text(max_size=6) | st.sampled_from(['"', "\\", "\n", "\\n", '\\"', "a,b", "}", "é\u2028", " "])
names = st.sampled_from(["channel", "team", "quantile", "a", "zz"])
samples = st.builds(
    Sample,
    st.just("x"),
    st.sampled_from(["", "mean", "numerator", "denominator"]),
    st.sampled_from([None, "15m", "24h"]),
    st.dictionaries(names, texts, max_size=3),
    values,
    st.just(1),
)


def distinct(found):
    """Keep the first sample of each series, as every KPI has to."""
    return tuple({(s.part, s.window, *sorted(s.labels.items())): s for s in reversed(found)}.values())


pages = st.lists(st.lists(samples, max_size=8).map(distinct), min_size=1, max_size=4)


class Only:
    """A registry of the KPIs alone."""

    def __init__(self, collected):
        self._collected = collected

    def collect(self):
        for one in self._collected.values():
            yield from families(one)


def collected(found, meaning='Says "how" much.\nIn \\ words.'):
    return {"x_seconds": Collected(kpi("x_seconds", Fixed(found), unit="seconds", meaning=meaning), found)}


@given(pages, st.sampled_from([PLAIN, OPEN]))
def test_each_scrape_writes_what_prometheus_client_writes(scrapes, accept):
    lines = Lines()
    encode, _ = choose_encoder(accept)
    for found in scrapes:
        now = collected(found)
        text = lines.render(now, openmetrics=accept == OPEN) + ("# EOF\n" if accept == OPEN else "")
        assert text.encode() == encode(Only(now))
        # The very same result, which was not computed anew.
        assert lines.render(now, openmetrics=accept == OPEN).encode() == encode(Only(now)).removesuffix(b"# EOF\n")


@given(pages)
def test_a_series_that_vanished_is_in_no_later_page(scrapes):
    lines = Lines()
    for found in scrapes:
        text = lines.render(collected(found), openmetrics=False)
        assert text.count("crm_x") == len(found) + 2 * len({s.part for s in found})


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param("text/plain; version=1.0.0; escaping=allow-utf-8", id="plain 1.0"),
        pytest.param(OPEN, id="openmetrics"),
        pytest.param(f"{OPEN}; escaping=underscores", id="underscores"),
        pytest.param(f"{OPEN}; escaping=dots", id="dots"),
        pytest.param(f"{OPEN}; escaping=values", id="values"),
    ],
)
def test_a_whole_page_parses_to_what_the_collector_gives_any_registry(accept):
    found = (Sample("x", "", "15m", {"channel": 'a "b"'}, 2_500_000, 1), Sample("x", "mean", None, {}, 0.1, 1))
    snapshot = Snapshot(NOW, NOW, READY, ("15m",), collected(found))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Gauges(snapshot))
    encode, kind = choose_encoder(accept)
    read = parse_openmetrics if "openmetrics" in kind else parse
    ours = {family.name: family for family in read(Page().render(snapshot, accept, compressed=False).decode())}
    theirs = {family.name: family for family in read(encode(registry).decode())}
    assert theirs == {name: family for name, family in ours.items() if name in theirs}
    assert all("process" in name for name in ours.keys() - theirs.keys())


@pytest.mark.parametrize("value", [math.inf, math.nan, -math.inf])
def test_what_lines_cannot_write_never_reaches_them(value):
    with pytest.raises(ValueError, match="value"):
        list(publishable([Sample("x", "", None, {}, value, 1)]))
