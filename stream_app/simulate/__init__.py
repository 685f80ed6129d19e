"""Seeded CRM traffic that behaves like the real thing: rhythms, habits, silence, retries and late mail."""

from stream_app.simulate.incident import Incident
from stream_app.simulate.traffic import Options, Sent, generate

__all__ = ["Incident", "Options", "Sent", "generate"]
