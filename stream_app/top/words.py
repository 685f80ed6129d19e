"""How figures, times and names are said in a terminal: the same words as on the board's pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

MARKS = {"waiting": "●", "at_risk": "▲", "overdue": "■"}
STATE_WORDS = {"waiting": "on time", "at_risk": "at risk", "overdue": "overdue"}
_ACRONYMS = {
    "sla": "SLA", "km": "(Kaplan-Meier)", "csat": "CSAT", "nps": "NPS", "ces": "CES", "roi": "ROI",
}  # fmt: skip
_TIMES = re.compile(r"(stage|conversion|cycle|answer|handle|response|resolution)$")
_RATES = re.compile(r"(win|close|churn|retention|conversion|reply|reopen|abandon|renewal|active)$")
_BLOCKS = "▁▂▃▄▅▆▇█"


def words(name: str) -> str:
    """Return a technical name as a phrase: lead_response is Lead response."""
    text = " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))
    return text[:1].upper() + text[1:]


def titled(name: str, unit: str) -> str:
    """Return what stands beside a figure; a bare "win" would not tell what of it is meant."""
    counted = unit not in {"seconds", "ratio"} and not re.fullmatch("[a-z]{3}", unit)
    bare = name if counted else name.removesuffix(f"_{unit}")
    if unit == "seconds" and _TIMES.search(bare):
        return f"{words(bare)} time"
    if unit == "ratio" and _RATES.search(bare):
        return f"{words(bare)} rate"
    return words(bare)


def duration(seconds: float) -> str:
    """Return a span in its two largest units: 4 min 7 s."""
    size, sign = abs(seconds), "-" if seconds < 0 else ""
    if size < 10 and size % 1:
        return f"{sign}{size:.1f} s"
    if size < 60:
        return f"{sign}{size:.0f} s"
    if size < 3_600:
        rest = f" {size % 60:.0f} s" if size < 600 and int(size % 60) else ""
        return f"{sign}{size // 60:.0f} min{rest}"
    if size < 86_400:
        return f"{sign}{size // 3_600:.0f} h {size % 3_600 // 60:.0f} min"
    return f"{sign}{size // 86_400:.0f} d {size % 86_400 // 3_600:.0f} h"


def countdown(seconds: float) -> str:
    """Return what is left, as a clock shows it: 04:07, 1:04:07."""
    whole = max(0, int(seconds))
    if whole >= 86_400:
        return duration(whole)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def due_words(seconds: float) -> str:
    """Return when something is due, or since when it is overdue."""
    return f"{duration(int(-seconds))} over" if seconds < 0 else f"in {countdown(seconds)}"


def figure(value: float, unit: str) -> str:
    """Return *value* in its unit: seconds as a span, ratios in percent, money with its currency."""
    if re.fullmatch(r"[a-z]{3}", unit):
        return f"{short(value)} {unit.upper()}"
    if unit == "seconds":
        return duration(value)
    if unit == "ratio":
        return f"{100 * value:.3g} %"
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e6 else short(value)


def short(value: float) -> str:
    """Return three digits of *value* and their size: 1.24K, 3.5M."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            digits = f"{value / size:.3g}"
            return f"{float(digits):g}{letter}"
    return f"{float(f'{value:.3g}'):g}"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return the course of *values* in *width* characters; blank where nothing is known."""
    picked = [(len(values) - 1) * place // (width - 1) for place in range(width)] if len(values) > width else None
    tail = list(values) if picked is None else [values[at] for at in picked]  # the newest is always among them
    known = [value for value in tail if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), max(known) - min(known)
    marks = [" " if value is None else _BLOCKS[int((value - low) / span * 7) if span else 3] for value in tail]
    return "".join(marks).rjust(width)
