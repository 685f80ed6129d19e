"""The KPI page says everything about every KPI."""

import re

import pytest

from stream_app.generate.docs import anchor, kpi_page
from stream_app.kpis import CATALOGUE

PAGE = kpi_page(tuple(CATALOGUE.values()))
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_every_kpi_has_a_section():
    assert list(SECTIONS) and set(SECTIONS) == set(CATALOGUE)  # noqa: PT018  one statement about one set


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_section_says_it_all(name):
    kpi, text = CATALOGUE[name], SECTIONS[name].replace("\\|", "|")
    assert kpi.meaning in text
    for fact in (kpi.formula, kpi.unit, kpi.source, *kpi.by, *map(kpi.metric, kpi.compute.parts)):
        assert fact in text
    assert ("rolling windows" in text) == kpi.windowed


def test_the_index_leads_to_every_section():
    index = PAGE[: PAGE.index("\n## ")]
    assert {anchor(name) for name in CATALOGUE} <= set(re.findall(r"\(#([\w-]+)\)", index))


def test_a_bar_in_a_text_does_not_break_the_table():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)


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
