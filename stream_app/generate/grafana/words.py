"""What panels say of a KPI: its title, its meaning, its unit, and what stands there when there is nothing."""

import re

from grafana_foundation_sdk.models import units

from stream_app.kpis.kinds.waiting import Ages, Oldest
from stream_app.kpis.kpi import Kpi

NO_DATA = "No data"
"""Said where a number is missing."""
NOBODY = "Nobody waits"
"""Said where an empty panel is good news."""

SHORT = str(units.Short)
SECONDS = str(units.Seconds)
SHARE = str(units.PercentUnit)
_UNITS = {"seconds": SECONDS, "ratio": SHARE}
_CURRENCY = re.compile("[a-z]{3}")
_SHORT_FORMS = {
    **{word: word.upper() for word in ("ces", "csat", "nps", "roi", "sla")},
    "km": "(Kaplan-Meier)",
}


def grafana_unit(unit: str) -> str:
    """Return Grafana's unit for ours; what it has no unit for is a plain number."""
    if _CURRENCY.fullmatch(unit):
        return f"currency:{unit.upper()} "
    return _UNITS.get(unit, SHORT)


def title(kpi: Kpi) -> str:
    """Return the panel title: the name in words, with no unit suffix."""
    words = kpi.name.removesuffix("_seconds").removesuffix("_ratio")
    if _CURRENCY.fullmatch(kpi.unit):
        words = words.removesuffix(f"_{kpi.unit}")
    said = " ".join(_SHORT_FORMS.get(word, word) for word in words.split("_"))
    return said[0].upper() + said[1:]


def description(kpi: Kpi) -> str:
    """Return what the panel's info sign shows: meaning, formula, and which way is good."""
    better = {"up": "Higher is better.", "down": "Lower is better.", None: ""}[kpi.direction]
    return "\n\n".join(text for text in (kpi.meaning, f"Formula: {kpi.formula}", better) if text)


def empty(kpi: Kpi) -> str:
    """Return what stands where *kpi* has no value: a wait that nobody waits is not a fault."""
    return NOBODY if isinstance(kpi.compute, Ages | Oldest) else NO_DATA
