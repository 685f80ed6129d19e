"""Attribution: which of the campaigns that touched somebody is credited with what the person does."""

from dataclasses import dataclass
from typing import Literal

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Attribution:
    """Credit one campaign, and never two.

    Attributes:
        credit: Whether the first or the last touch in the window is credited.
        window_ms: How long a touch counts.
    """

    credit: Literal["first", "last"] = "first"
    window_ms: int = 90 * _DAY_MS
