"""The alerts: what wakes somebody, when, why, and what to do; rules, runbooks and their tests follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stream_app.rules import business, machine
from stream_app.rules.alert import Alert, Case, Recording

__all__ = ["ALERTS", "GROUPS", "RECORDINGS", "Alert", "Case", "Recording"]

RECORDINGS: tuple[Recording, ...] = business.RECORDINGS
"""What is computed once and asked for by several alerts."""

GROUPS: Mapping[str, tuple[Alert, ...]] = MappingProxyType({
    "crm-pulse-business": business.ALERTS,
    "crm-pulse-machine": machine.ALERTS,
})  # fmt: skip
"""Alerts by the name of their group of rules."""

ALERTS: Mapping[str, Alert] = MappingProxyType({alert.name: alert for group in GROUPS.values() for alert in group})
"""Every alert by its name."""
