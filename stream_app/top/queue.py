"""Who waits, for a terminal: counts by promise, then people, those overdue first."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from stream_app.top.lines import line
from stream_app.top.words import MARKS, STATE_WORDS, due_words, duration, words

STYLES = {"waiting": "", "at_risk": "yellow", "overdue": "bold red"}
KINDS = 3
"""Promises that are counted one by one; the most pressing."""


def counts(clocks: dict[str, Any], age: float, width: int) -> list[Text]:
    """Return one line per promise: how many wait, and how many of them in which state."""
    named = [(name, one) for name, one in clocks["counts"].items() if one["waiting"]]
    named.sort(key=lambda each: (-each[1]["overdue"], -each[1]["at_risk"], -each[1]["waiting"]))
    if not named:
        return [Text("Nobody waits.", style="green")]
    lines = []
    for name, one in named[:KINDS]:
        calm = one["waiting"] - one["at_risk"] - one["overdue"]
        parts = [(f"{words(name):<20.20}", ""), (f"{one['waiting']:>6,}", "bold"), (" waiting", "")]
        for state, n in (("overdue", one["overdue"]), ("at_risk", one["at_risk"]), ("waiting", calm)):
            parts.append((f"   {MARKS[state]} {n:,} {STATE_WORDS[state]}", STYLES[state] if n else "dim"))
        lines.append(line(*parts, width=width))
    rest = sum(one["waiting"] for _, one in named[KINDS:])
    oldest = clocks["oldest"]
    about = [(f"and {rest:,} more waiting.  ", "dim")] if rest else []
    if oldest:
        waited = duration(int(oldest[0]["waiting_seconds"] + age))
        about += [("Longest: ", "dim"), (waited, "bold"), (f"  {who(oldest[0])}  {where(oldest[0])}", "dim")]
    return [*lines, line(*about, width=width)]


def people(clocks: dict[str, Any], age: float, width: int, height: int) -> list[Text]:
    """Return the people that are overdue the longest, then those that are due next."""
    if height < 2:
        return []
    overdue, after = clocks["overdue"], clocks["next"]
    late = min(len(overdue), max((height - 1) // 2, height - 1 - len(after)))
    shown = [*overdue[:late], *after[: height - 1 - late]]
    who_width = 1 + min(width // 3, max((len(who(item)) for item in shown), default=3))
    of_width = 18 if width >= 100 else 14
    lines = [line((f"{'due':<19}{'who':<{who_width}}{'for':<{of_width}}owner · team · channel", "dim"), width=width)]
    for item in shown:
        left = item["due_in_seconds"] - age
        state = "overdue" if left < 0 else item["state"]
        due = f"{MARKS[state]} {due_words(left)}"
        lines.append(
            line(
                (f"{due:<19.18}", STYLES[state]),
                (f"{who(item)[: who_width - 1]:<{who_width}}", "bold"),
                (f"{words(item['clock'])[: of_width - 1]:<{of_width}}", "dim"),
                (where(item), ""),
                width=width,
            )
        )
    return lines if shown else [line(("No promise runs.", "dim"), width=width)]


def who(item: dict[str, Any]) -> str:
    """Return whom or what a clock is about."""
    of = item["item"]
    return f"{item['relationship']} · {of}" if of and of != item["relationship"] else str(item["relationship"])


def where(item: dict[str, Any]) -> str:
    """Return whose it is and how it came."""
    labels = item["labels"]
    named = (item.get("owner") or labels.get("owner_id"), labels.get("team"), labels.get("channel"))
    return " · ".join(filter(None, named)) or "nobody yet"
