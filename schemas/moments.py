"""Moments of business time: whole milliseconds since the Unix epoch, UTC, and their RFC 3339 text."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

# Outside of these years a time is a defect of its source: an empty one lands in 1970, a wrong unit far ahead.
EARLIEST_MS = 946_684_800_000
"""2000-01-01T00:00:00Z, the first good time of an event."""
LATEST_MS = 4_102_444_800_000
"""2100-01-01T00:00:00Z, the first time that is no longer good."""


def to_ms(moment: datetime) -> int:
    """Give milliseconds since the epoch, cut off below a millisecond; *moment* must carry a zone."""
    return (moment - EPOCH) // MILLISECOND


def to_text(at: int) -> str:
    """Give the RFC 3339 text, UTC with three decimals, of a moment in milliseconds.

    Raises:
        OverflowError: outside of the years 1 to 9999.
    """
    text = (EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
