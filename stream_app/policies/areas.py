"""The areas of the catalogue: what may be left out where nobody looks at it."""

from typing import Final, Literal

Area = Literal["response", "relationship", "funnel", "service"]
AREAS: Final[tuple[Area, ...]] = ("response", "relationship", "funnel", "service")
