"""The KPI page says everything about every KPI."""

import re

import pytest

from stream_app.generate.areas import by_area
from stream_app.generate.docs import anchor, kpi_page
from stream_app.kpis import CATALOGUE
from stream_app.kpis.articles import METRICS

PAGE = kpi_page(tuple(CATALOGUE.values()))
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_every_kpi_has_a_section():
    assert list(SECTIONS) and set(SECTIONS) == set(CATALOGUE)  # noqa: PT018  one statement about one set


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_section_says_it_all(name):
    kpi, text = CATALOGUE[name], SECTIONS[name]
    for fact in (kpi.meaning, kpi.formula, kpi.unit, kpi.source):
        assert fact in text
    for metric in map(kpi.metric, kpi.compute.parts):
        assert f"`{metric}`" in text
    for label in kpi.by:
        assert label.removesuffix("_id").replace("_", " ") in text
    assert ("over windows" in text) == kpi.windowed
    assert ("is better" in text) == (kpi.direction is not None)


def test_the_contents_lead_to_every_area_and_each_area_to_its_kpis():
    contents = PAGE[PAGE.index("## Contents") : PAGE.index("\n## Response")]
    for area, group in by_area(CATALOGUE.values()).items():
        assert f"* [{area.capitalize()}](#{area}), {len(group)} KPIs: " in contents
        begin = PAGE.index(f"\n## {area.capitalize()}\n")
        listed = re.findall(r"^\* \[\w+\]\(#([\w-]+)\)$", PAGE[begin : PAGE.index("\n### ", begin)], re.MULTILINE)
        assert listed == [anchor(kpi.name) for kpi in group]


def test_every_link_leads_to_a_heading():
    headings = {anchor(title) for title in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\(#([\w-]+)\)", PAGE)) <= headings


def test_every_area_is_introduced():
    introduced = dict(re.findall(r"^## (\w+)\n\n(.+)$", PAGE, re.MULTILINE))
    assert {kpi.area.capitalize() for kpi in CATALOGUE.values()} <= set(introduced)


def test_every_number_of_the_articles_has_a_row_and_none_is_empty():
    rows = {row[0]: row[1:] for row in re.findall(r"^\| (.+?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)}
    for metric in METRICS:
        kpis, articles = rows[metric.name]
        assert kpis == ", ".join(f"[{name}](#{name})" for name in metric.kpis)
        assert articles == ", ".join(metric.articles)


def test_an_unknown_kpi_leaves_a_row_empty_where_it_would_be_seen():
    page = kpi_page([kpi for kpi in CATALOGUE.values() if kpi.name != "referrals"])
    assert "| referrals |  | A0, A1 |" in page


@pytest.mark.parametrize(
    ("title", "fragment"),
    [
        ("Lead response", "lead-response"),
        ("What it is?", "what-it-is"),
        ("lead_response_seconds", "lead_response_seconds"),
    ],
)
def test_anchor(title, fragment):
    assert anchor(title) == fragment
