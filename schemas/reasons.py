"""Why a record is not an event that can be counted: the reason codes of dead letters."""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "the value has no bytes",
        "tombstone": "the value is null; events are facts and are never deleted one by one",
        "too_large": "the value is larger than 1 MiB",
        "not_utf8": "the value is not UTF-8 text",
        "bad_json": "the value is not JSON",
        "too_deep": "the JSON is nested more than 500 levels deep",
        "unknown_type": "no event of this type is known here; a newer release may know it",
        "missing_field": "a field that the event needs is absent",
        "invalid_field": "a field of the data has a value that the contract does not allow",
        "bad_time": "the event's time is absent, unreadable, without zone or outside of 2000 to 2099",
        "bad_envelope": "a CloudEvents attribute is absent or not allowed",
        "no_key": "the record has no key and the event no subject, so nobody knows whom it is about",
        "key_mismatch": "record key and subject name different relationships",
        "wrong_topic": "events of this type belong into another topic: relationships, users or campaigns",
        "future_time": "the event's time is further ahead than clocks may differ",
        "merged_into_itself": "a relationship cannot be merged into itself",
        "merge_chain": "what is known of a relationship went through more than 64 that were merged, one into the other",
        "unfoldable": "the event is well formed but could not be folded; this is a defect, please report it",
    }
)
"""Reason code to what it means. Those from `no_key` on are given by who folds events, not by `decode`."""


class BadEvent(ValueError):
    """A record that is not an event: wrong data, kept as a dead letter."""

    def __init__(self, reason: str, field: str, message: str) -> None:
        """Take a *reason* of `REASONS`, a *field* such as data.lines.0.price ("": the whole) and a *message*."""
        super().__init__(reason, field, message)
        self.reason = reason
        self.field = field
        self.message = message

    def __str__(self) -> str:
        place = f" ({self.field})" if self.field else ""
        return f"{self.reason}{place}: {self.message}"
