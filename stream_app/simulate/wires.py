"""What happens between a CRM and Kafka: which topic, a short delay, a long one, a retry, a broken record."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Literal

LATEST_MS = 20 * 3_600_000
"""Longest delay; below the 24 hours after which an event can no longer be put in its place."""

Family = Literal["relationships", "users", "campaigns"]
"""Whom an event is about; each has a topic of its own."""
FAMILIES: tuple[Family, ...] = ("relationships", "users", "campaigns")

_OF_USERS = ("user.", "activity.", "record.", "feature.")
_OF_CAMPAIGNS = ("campaign.", "cost.", "goal.", "rate.")


def family(type_: str) -> Family:
    """Return whom an event of a short type is about."""
    if type_.startswith(_OF_USERS):
        return "users"
    return "campaigns" if type_.startswith(_OF_CAMPAIGNS) else "relationships"


def delay_ms(rng: Random, late: float) -> int:
    """Return how long a record is under way: a second at most, or, for the share *late*, minutes to hours."""
    if rng.random() < late:
        return min(LATEST_MS, int(600_000 * math.exp(rng.gauss(0.0, 1.3))))
    return 20 + int(rng.expovariate(1 / 200)) % 1000


def retry_ms(rng: Random) -> int:
    """Return after how long a webhook is tried again although it had arrived."""
    return int(1000 * rng.choice((1, 5, 30, 90)) * rng.uniform(0.9, 1.1))


def spoil(rng: Random, value: bytes) -> bytes:
    """Return *value* as a faulty source would send it; each fault ends as a dead letter."""
    event = json.loads(value)
    match rng.randrange(5):
        case 0:
            return value[: len(value) // 2]  # a connection that broke
        case 1:
            event["type"] = event["type"].replace(".v1", ".v9")  # a newer source than this reader
        case 2:
            event["data"] = {}  # a form without its fields; harmless for the few events that need none
            event["type"] = "crm.lead.created.v1"
        case 3:
            event["time"] = event["time"].rstrip("Z")  # a time without a zone
        case _:
            event["data"] = {"deal_id": "deal-0", "amount": "1.200,00", "currency": "EUR"}
            event["type"] = "crm.deal.won.v1"
    return json.dumps(event).encode()
