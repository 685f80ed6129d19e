"""The map from the articles' numbers to KPIs has no empty row and no wrong name, and no KPI is missing from it."""

import re

import pytest

from stream_app.kpis import CATALOGUE
from stream_app.kpis.articles import ARTICLES, METRICS

MARK = re.compile(r"\bA\d\b")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_number_has_its_kpis(metric):
    assert metric.kpis
    assert [name for name in metric.kpis if name not in CATALOGUE] == []
    assert metric.articles
    assert set(metric.articles) <= set(ARTICLES)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_kpi_of_an_article_answers_for_a_number(name):
    """And each article that the KPI names as its source is one of that number's."""
    marks = set(MARK.findall(CATALOGUE[name].source))
    assert marks <= {mark for metric in METRICS if name in metric.kpis for mark in metric.articles}


def test_names_are_told_once_and_every_article_is_there():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert {mark for metric in METRICS for mark in metric.articles} == set(ARTICLES)
