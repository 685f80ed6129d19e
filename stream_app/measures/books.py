"""The accounting of all partitions on the read side."""

from stream_app.measures import stamp
from stream_app.measures.accounting import Accounting


class Books:
    """What became of the records of each partition, by the newest entry of each."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[bytes, Accounting]] = {}

    def update(self, partition: int, value: bytes | None) -> None:
        """Take in an entry, None where it was deleted; an outdated one is ignored."""
        known = self._entries.get(partition)
        if value is None:
            self._entries.pop(partition, None)
        elif known is None or not stamp.is_older(value, known[0]):
            self._entries[partition] = value, Accounting.read(value)

    def total(self) -> Accounting:
        """Return all partitions together; the watermark is the highest."""
        total = Accounting()
        for _, one in self._entries.values():
            total = total.plus(one)
        return total

    def by_partition(self) -> dict[int, Accounting]:
        """Return the accounting of each partition."""
        return {partition: one for partition, (_, one) in sorted(self._entries.items())}

    @property
    def watermark(self) -> int:
        """The highest event time of all partitions, in ms; -1 before the first."""
        return max((one.watermark for _, one in self._entries.values()), default=-1)
