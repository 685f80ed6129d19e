"""The write side of the accounting: each record of a partition counted once, by its stamp."""

from stream_app.measures import keys, stamp
from stream_app.measures.accounting import Accounting


class Ledger:
    """The accounting of one source partition and the offset up to which it is complete."""

    def __init__(self) -> None:
        self.total = Accounting()
        self.stamp = stamp.NEVER
        self._changed = False

    def load(self, value: bytes) -> None:
        """Take over the recovered entry."""
        self.total = Accounting.read(value)
        self.stamp = stamp.stamp_of(value)

    def add(self, run: Accounting, offset: int) -> None:
        """Account for a run of records that ends at `offset`; its fates count only beyond the stamp."""
        if offset > self.stamp:
            self.stamp = offset
        elif run.redelivered or run.watermark > self.total.watermark:
            run = Accounting(redelivered=run.redelivered, watermark=run.watermark)
        else:
            return
        self.total = self.total.plus(run)
        self._changed = True

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """Return the entry if it changed since the last drain."""
        if not self._changed or self.stamp == stamp.NEVER:
            return []
        self._changed = False
        return [self.entry()]

    def entry(self) -> tuple[bytes, bytes]:
        """Return the entry."""
        return keys.ACCOUNTING, stamp.pack(self.stamp, self.total.pack())
