"""CRM events in, live KPI gauges out."""

__version__ = "0.1.0"
