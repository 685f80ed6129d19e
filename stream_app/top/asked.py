"""What a viewer wants to see: a page, a window, a team, a channel; and what a key makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the wall; ``None`` leaves it to the board."""

    page: str | None = None
    window: str | None = None
    team: str | None = None
    channel: str | None = None

    def query(self) -> dict[str, str]:
        """Return the parameters of the wall's address."""
        every = {"page": self.page, "window": self.window, "team": self.team, "channel": self.channel}
        return {name: value for name, value in every.items() if value}

    def narrowed(self) -> list[str]:
        """Return what the wall is narrowed to, as people say it."""
        named = {"window": self.window, "team": self.team, "channel": self.channel}
        return [f"{name} {value}" for name, value in named.items() if value]

    def after(self, key: str, figures: dict[str, Any] | None) -> Asked:
        """Return what is asked for after *key*, given what was shown; the same for a key without a meaning."""
        if figures is None or not figures["ready"]:
            return self
        names = [page["name"] for page in figures["pages"]]
        # What was asked for last counts: keys may come faster than figures.
        at = names.index(self.page if self.page in names else figures["page"])
        if key in {"left", "right"}:
            return replace(self, page=names[(at + (1 if key == "right" else -1)) % len(names)])
        if key.isdecimal() and 1 <= int(key) <= len(names):
            return replace(self, page=names[int(key) - 1])
        if key == "w" and figures["windows"]:
            windows = figures["windows"]
            shown = windows.index(self.window) if self.window in windows else -1
            return replace(self, window=windows[(shown + 1) % len(windows)])
        return self
