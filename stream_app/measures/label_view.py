"""The read side of the label cap: which values may be shown under their own name.

Each partition admits values by itself. Where one has refused some, a value that it did
not admit is in its "other" and elsewhere under its name, so neither is the whole number.
Such a value is shown as part of "other": every number on the board is complete.
"""

from stream_app.measures import labels, stamp


class LabelView:
    """The admitted values of one label by partition."""

    def __init__(self) -> None:
        self._values: dict[int, bytes] = {}
        self.shown: frozenset[str] | None = None

    def update(self, partition: int, value: bytes | None) -> None:
        """Take in a partition's registry; `shown` is None while nothing was refused anywhere."""
        known = self._values.get(partition)
        if value is None:
            self._values.pop(partition, None)
        elif known is None or not stamp.is_older(value, known):
            self._values[partition] = value
        registries = [labels.read(stored) for stored in self._values.values()]
        full = [frozenset(values) for values, refused in registries if refused]
        self.shown = frozenset.intersection(*full) if full else None

    def hides(self, value: str) -> bool:
        """Tell whether a value counts as "other"."""
        return self.shown is not None and value not in self.shown and value != labels.OTHER
