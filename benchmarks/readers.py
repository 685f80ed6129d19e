"""Readers: the windows that a contestant left in Kafka, in one form for all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from benchmarks.course import Course
from benchmarks.expected import Place, Window
from benchmarks.peers import work
from stream_app.measures import keys, stamp
from stream_app.measures.histogram import Histogram

Parts = dict[tuple[int, str], Any]
"""The last value of each key in each partition."""


def last(course: Course, topic: str) -> dict[tuple[int, bytes], bytes]:
    """Return the last value of each key in each partition, as it was before it was deleted if it was."""
    return {(partition, key): value for partition, key, value in course.records(topic) if value is not None}


def merged(parts: Iterable[tuple[Place, dict[str, Any]]]) -> dict[Place, Window]:
    """Add up the parts of each window."""
    counts: dict[Place, int] = Counter()
    sums: dict[Place, int] = Counter()
    bins: dict[Place, Counter[str]] = {}
    for place, part in parts:
        counts[place] += part["count"]
        sums[place] += part["sum"]
        bins.setdefault(place, Counter()).update(part["bins"])
    return {place: Window(counts[place], sums[place], work.p90(bins[place])) for place in bins}


def _place(name: str) -> Place:
    *_, channel, minute = name.split("|")
    return channel, int(minute)


def faust(course: Course, group: str) -> dict[Place, Window]:
    """Read Faust's changelog: a key names partition, channel and minute."""
    newest: dict[str, dict[str, Any]] = {}
    for (_, key), value in last(course, f"{group}-windows-changelog").items():
        newest[json.loads(key)] = json.loads(value)
    return merged((_place(name), value) for name, value in newest.items())


def kafka_streams(course: Course, group: str) -> dict[Place, Window]:
    """Read the changelog of Kafka Streams: each partition has its part of a window."""
    found = last(course, f"{group}-windows-changelog")
    return merged((_place(key.decode()), json.loads(value)) for (_, key), value in found.items())


def quix(course: Course, group: str) -> dict[Place, Window]:
    """Read the changelog of Quix Streams behind its repartition topic; its keys begin with the message's key."""
    found = []
    for topic in course.topics():
        if topic.startswith(f"changelog__{group}--repartition"):
            found += list(last(course, topic).items())
    return merged(
        (_place(key.partition(b"window-")[2].rstrip(b'"').decode()), json.loads(value))
        for (_, key), value in found
        if b"window-" in key
    )


def output(course: Course, group: str) -> dict[Place, Window]:
    """Read an output topic: every key is a window, its last value the whole of it."""
    found = last(course, output_topic(group))
    return merged((_place(key.decode()), json.loads(value)) for (_, key), value in found.items())


def rows(course: Course, group: str) -> dict[Place, Window]:
    """Read Pathway's output: rows that come (diff 1) and go (diff -1) at a time; what came last stays."""
    found: dict[Place, Window] = {}
    for _, _, value in course.records(output_topic(group)):
        row = json.loads(value or b"{}")
        if row.get("diff") == 1:
            place = (row["channel"], row["minute"])
            window = Window(row["count"], row["sum"], row["p90"])
            if place not in found or window.count >= found[place].count:
                found[place] = window
    return found


def crm_pulse(course: Course, group: str) -> dict[Place, Window]:
    """Read the product's cells: minute panes of the response time in calendar time, by channel."""
    parts = []
    for (_, key), value in last(course, f"{group}.v1.relationships.cells").items():
        if not key.startswith(b'["c","lead_response",["created","calendar"],"channel"'):
            continue
        start, index = keys.split(key)
        path = keys.path(start)
        if path.pane != "m":
            continue
        histogram = Histogram.unpack(stamp.payload_of(value))
        bins = {str(place): count for place, count in histogram.bins.items()}
        parts.append(((path.value, index), {"count": histogram.n, "sum": histogram.total, "bins": bins}))
    return merged(parts)


def output_topic(group: str) -> str:
    """Return the name of a lap's output topic."""
    return f"{group}.windows"
