"""Measures: what journeys emit, folded into cells by partition, merged into windows by readers."""

from stream_app.measures.accounting import Accounting
from stream_app.measures.aggregate import AGGREGATES, Aggregate
from stream_app.measures.clock import OpenClock
from stream_app.measures.count import Count
from stream_app.measures.distinct import Distinct
from stream_app.measures.formats import UnreadableStateError
from stream_app.measures.histogram import Histogram
from stream_app.measures.labels import OTHER
from stream_app.measures.measure import Kind, Measure, registry
from stream_app.measures.read_model import ReadModel
from stream_app.measures.stock import Stock
from stream_app.measures.store import CellStore
from stream_app.measures.sum import Sum
from stream_app.measures.window import DAY, HOUR, MINUTE, Pane, Window

__all__ = [
    "AGGREGATES",
    "DAY",
    "HOUR",
    "MINUTE",
    "OTHER",
    "Accounting",
    "Aggregate",
    "CellStore",
    "Count",
    "Distinct",
    "Histogram",
    "Kind",
    "Measure",
    "OpenClock",
    "Pane",
    "ReadModel",
    "Stock",
    "Sum",
    "UnreadableStateError",
    "Window",
    "registry",
]
