"""The areas of the catalogue: what may be left out where nobody looks at it."""

from typing import Final, Literal, get_args

Area = Literal[
    "response", "relationship", "funnel", "marketing", "sales", "value", "service", "adoption", "quality", "goals"
]
AREAS: Final[tuple[Area, ...]] = get_args(Area)
