"""Moments of business time: whole milliseconds since the Unix epoch, UTC, and their RFC 3339 text."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
_EPOCH_UTC = EPOCH.replace(tzinfo=None)  # without a zone isoformat takes 0.4 us instead of 1.6

# Outside of these years a time is a defect of its source: an empty one lands in 1970, a wrong unit far ahead.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""The first good moment."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""The first moment that is no longer good."""


def to_ms(moment: datetime) -> int:
    """Give milliseconds since the epoch, cut off below a millisecond; *moment* must carry a zone."""
    return (moment - EPOCH) // MILLISECOND


def to_text(at: int) -> str:
    """Give the RFC 3339 text, UTC with three decimals, of a moment in milliseconds.

    Raises:
        OverflowError: outside of the years 1 to 9999.
    """
    return (_EPOCH_UTC + timedelta(milliseconds=at)).isoformat("T", "milliseconds") + "Z"


EARLIEST_MS = to_ms(EARLIEST)
LATEST_MS = to_ms(LATEST)
