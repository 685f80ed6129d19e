"""The page is what prometheus-client would write of the same samples, byte for byte, scrape after scrape."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from stream_app.board.collecting import Collecting
from stream_app.board.lines import Lines
from stream_app.board.metrics import Gauges, Page, families
from stream_app.board.pieces import SampleError, refuse_infinite
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.snapshot import Snapshot, collect
from stream_app.kpis.kinds.cuts import anew
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures import keys, stamp
from stream_app.measures.count import Count
from stream_app.measures.read_model import ReadModel
from tests.board.boards import ANSWERS, MEASURES, MINUTE, NOW, WINDOWS, Fixed, kpi

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
    declared = kpi("x_seconds", Fixed(found), unit="seconds", meaning=meaning)
    return {"x_seconds": collect(declared, ReadModel(WINDOWS, MEASURES))}


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


class Cuts:
    """Three cuts of one KPI and what lies before them, each with samples of its own; a cut moves with its cell."""

    parts: ClassVar[tuple[Part, ...]] = ("", "mean", "numerator", "denominator")

    def __init__(self) -> None:
        self.view = ReadModel(WINDOWS, MEASURES)
        self.view.advance(NOW)
        self.told: list[tuple[Sample, ...]] = [(), (), (), ()]
        self.offset = 0

    def tell(self, told):
        for number, (now, before) in enumerate(zip(told, self.told, strict=True)):
            if number and [repr(sample) for sample in now] != [repr(sample) for sample in before]:  # -0.0 is not 0
                self.offset += 1
                start = keys.prefix(keys.Path(keys.CELL, ANSWERS.name, (), "channel", str(number), "m"))
                value = stamp.pack(self.offset, Count(self.offset).pack())
                self.view.update(0, keys.cell(start, NOW // MINUTE), value)
        self.told = told

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        del kpi
        yield from self.told[0]
        view.dims(ANSWERS)
        for _, value in anew(view, "cuts", [("channel", str(number)) for number in (1, 2, 3)]):
            view.get(ANSWERS, WINDOWS[0], (), "channel", value)
            yield from self.told[int(value)]


@st.composite
def scrapes_of_cuts(draw):
    """Draw pages of one set of series in four lists, where some values change, some series go and some come back."""
    every = draw(st.lists(samples, max_size=12).map(distinct))
    found = []
    told = every
    for _ in range(draw(st.integers(1, 5))):
        told = tuple(draw(st.sampled_from([now, now, replace(now, value=draw(values))])) for now in told)
        gone = draw(st.sets(st.integers(0, 11), max_size=3))
        found.append([tuple(one for place, one in enumerate(told) if place % 4 == cut and place not in gone)
                      for cut in range(4)])  # fmt: skip
    return found


WEB, PHONE = (Sample("x", "", "15m", {"channel": name}, 1, 1) for name in ("web", "phone"))


@given(scrapes_of_cuts(), st.sampled_from([PLAIN, OPEN]))
@example([[(), (one,), (), ()] for one in (WEB, PHONE)], PLAIN)
def test_what_is_kept_of_some_cuts_is_written_as_prometheus_client_writes_it_all(scrapes, accept):
    cuts, collecting, lines = Cuts(), Collecting(), Lines()
    declared = kpi("x_seconds", cuts, unit="seconds")
    encode, _ = choose_encoder(accept)
    for told in scrapes:
        cuts.tell(told)
        cuts.offset += 1
        cuts.view.update(0, keys.cell(keys.prefix(keys.Path(keys.CELL, ANSWERS.name, (), "", "", "m")), NOW // MINUTE),
                         stamp.pack(cuts.offset, Count(cuts.offset).pack()))  # fmt: skip
        now = {"x_seconds": collecting.collect(declared, cuts.view)}
        assert now["x_seconds"].samples == tuple(sample for cut in told for sample in cut)
        text = lines.render(now, openmetrics=accept == OPEN) + ("# EOF\n" if accept == OPEN else "")
        assert text.encode() == encode(Only(now))


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
    with pytest.raises(SampleError, match="value"):
        refuse_infinite([Sample("x", "", None, {}, value, 1)])
