"""Records for the data faults: good events, and what can be done to them."""

from __future__ import annotations

import itertools
import json
import random
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from schemas import encode
from stream_app.simulate import Options, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = int(time.time() * 1000) // DAY * DAY - 3 * DAY
"""Midnight, UTC, three days ago: late enough for all windows, early enough for no record to lie in the future."""

Line = tuple[bytes | None, bytes | None]


class Odd(NamedTuple):
    """A record with headers."""

    key: bytes | None
    value: bytes | None
    headers: Any
    """List of (name, value); Any, because librdkafka's binding and the tests differ in what a list may hold."""


def headers_of(message: Message) -> dict[str, bytes]:
    """Return the headers of a record by name."""
    return dict(cast("list[tuple[str, bytes]]", message.headers() or []))


def event(id_: str, who: str, name: str = "lead.created", at: int = START, **data: object) -> bytes:
    """Return a good event; without data a lead from the web."""
    if not data and name == "lead.created":
        data = {"channel": "web"}
    return encode(f"crm.{name}.v1", data, id=id_, source="/crm/faults", time=at, subject=who)


def created(who: str, at: int = START) -> Line:
    """Return the record of a lead of its own."""
    return who.encode(), event(f"created-{who}", who, at=at)


def timed(id_: str, who: str, text: str) -> bytes:
    """Return an event whose time is whatever *text* says, unchecked; quotes are up to the caller."""
    moment = datetime.fromtimestamp(START / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    good = event(id_, who)
    assert json.dumps(moment).encode() in good
    return good.replace(json.dumps(moment).encode(), text.encode())


def traffic(seed: int, count: int, **options: float) -> list[Line]:
    """Return records of the simulator, with retries, late mail and broken records among them."""
    wild = {"duplicates": 0.05, "late": 0.05, "broken": 0.01, "squeeze": 0.52, "residents": 50, "rate": 2.0}
    made = generate(seed, START, Options(**(wild | options)))  # type: ignore[arg-type]  # all of these are numbers
    told = (record for record in made if record.family == "relationships")
    return [(record.key, record.value) for record in islice(told, count)]


def orders() -> Iterator[Line]:
    """Yield five events of one life in all 120 orders, a relationship for each."""
    for number, order in enumerate(itertools.permutations(range(5))):
        who = f"order-{number}"
        life = (
            event(f"{who}-0", who, at=START),
            event(f"{who}-1", who, "lead.assigned", START + MINUTE, owner_id="ann", team="inside"),
            event(f"{who}-2", who, "lead.stage_changed", START + 2 * MINUTE, stage="contacted"),
            event(f"{who}-3", who, "interaction.logged", START + 3 * MINUTE, direction="out", medium="call"),
            event(f"{who}-4", who, "lead.stage_changed", START + 4 * MINUTE, stage="qualified"),
        )
        yield from ((who.encode(), life[place]) for place in order)


def mutated(rng: random.Random, number: int) -> Odd:
    """Return a good record that something happened to: to its bytes, its JSON, its key or its headers."""
    who = f"fuzz-{number}"
    good = event(f"fuzz-{number}", who, rng.choice(("lead.created", "customer.reactivated")))
    key: bytes | None = who.encode()
    value: bytes | None = good
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        match rng.randrange(8):
            case 0 | 1 | 2:
                value = _scratch(rng, value or good)
            case 3 | 4:
                value = _twist(rng, good)
            case 5:
                key = rng.choice((None, b"", b"\xff\xfe", b"k" * 129, "ключ".encode(), b"\x00", rng.randbytes(12)))
            case 6:
                value = rng.choice((None, b"", b" ", rng.randbytes(40), b"\x1f\x8b\x08\x00" + rng.randbytes(60)))
            case _:
                headers = [_header(rng) for _ in range(rng.randrange(1, 6))]
    return Odd(key, value, headers)


def _scratch(rng: random.Random, value: bytes) -> bytes:
    """Damage bytes: turn some, cut, repeat or insert."""
    at = rng.randrange(len(value) + 1)
    to = min(len(value), at + rng.randrange(1, 30))
    match rng.randrange(4):
        case 0:
            return bytes(byte ^ (rng.randrange(1, 256) if rng.random() < 0.01 else 0) for byte in value)
        case 1:
            return value[:at] + value[to:]
        case 2:
            return value[:to] + value[at:]
        case _:
            return value[:at] + rng.choice((b"\x00", b"\xff", b'"', b"{", b"\\ud800", rng.randbytes(8))) + value[at:]


_TWISTS = (
    "null", "NaN", "-Infinity", "1e400", "-0", "9" * 400, "true", "[]", "{}", '""', '"\\u0000"', '"' + "x" * 300 + '"',
    "[" * 600 + "]" * 600, '{"a":' * 600 + "1" + "}" * 600, '"\\ud83d"', '"2026-02-30T25:61:61Z"', '"1e9"', "0.1",
)  # fmt: skip


def _twist(rng: random.Random, good: bytes) -> bytes:
    """Replace a value of the JSON, at the top or in the data, by something else that JSON or nearly JSON can say."""
    document = json.loads(good)
    target = rng.choice((document, document["data"])) if document.get("data") else document
    name = rng.choice((*target, "extra"))
    target[name] = "\x07here"
    return json.dumps(document).replace(json.dumps("\x07here"), rng.choice(_TWISTS)).encode()


def _header(rng: random.Random) -> tuple[str, bytes | None]:
    names = (
        "content-type",
        "ce_type",
        "ce_id",
        "ce_time",
        "ce_source",
        "ce_specversion",
        "CE_subject",
        "trace",
        "",
        "ü",
    )
    values = (
        None, b"", b"\xff", b"application/cloudevents+json", b"application/cloudevents-batch+json", b"application/json",
        b"crm.lead.created.v1", b"1.0", b"2026-03-02T10:00:00Z", rng.randbytes(20),
    )  # fmt: skip
    return rng.choice(names), rng.choice(values)
