"""Read log lines into plain events, and tell which lines are no events.

A line is (record key, record value); the value is a CloudEvent in JSON. Rules:

* Bad is what is not JSON, has an unknown type, lacks an attribute or a required field, has a field of the wrong
  sort, a time without zone, or a subject that is not the record key.
* An event is named by (source, id). The first line of the log with that name counts, the others are duplicates.
* Events of one relationship are told in order of time. At the same time causes come before effects (`SAME_TIME`);
  what is not in that list comes last. The order of two events of the same place in the list is not defined.
"""

import json
from collections import defaultdict
from typing import Any, NamedTuple

from tests.oracle.contract import FAMILIES, FIELDS, SAME_TIME, is_a, moment


class Event(NamedTuple):
    """One event: when (ms), what, about whom, its name, and its data as it was sent."""

    at: int
    type: str
    who: str
    name: tuple[str, str]
    data: dict[str, Any]
    imported: bool

    def get(self, field, default=None):
        """Return a field of the data, or the default where it is absent."""
        value = self.data.get(field)
        return default if value is None else value


def read(key, value):
    """Return the event of a line; ValueError, KeyError or TypeError when it is none."""
    document = json.loads(value)
    kind = document["type"].removeprefix("crm.").removesuffix(".v1")
    if document["type"] != f"crm.{kind}.v1" or document["specversion"] != "1.0":
        raise ValueError("not one of ours")
    who = key.decode()
    if not who or document.get("subject", who) != who:
        raise ValueError("about nobody, or about somebody else")
    fields = [field.partition(":")[::2] for field in FIELDS[kind].split()]
    data = document["data"] if fields else document.get("data", {})
    for name, sort in fields:
        found = data.get(name.removeprefix("*"))
        if found is None and name.startswith("*"):
            raise ValueError(f"no {name}")
        if found is not None and not is_a(sort, found):
            raise ValueError(f"{name} is no {sort}")
    named = document["source"], document["id"]
    if not all(is_a("t", word) for word in named):
        raise ValueError("no name")
    return Event(moment(document["time"]), kind, who, named, data, document.get("imported", False))


def once(lines, *, arrived=False):
    """Return the events that count, those that repeat one, and how many lines are no event.

    Lines that *arrived* in their order are counted as they came: what comes about somebody who was erased, and is not
    younger than all that was known then, is refused like a repetition.
    """
    events, seen, repeated, bad = [], set(), [], 0
    newest: defaultdict[str, int] = defaultdict(int)
    forgotten: dict[str, int] = {}
    for key, value in lines:
        try:
            event = read(key, value)
        except (ValueError, KeyError, TypeError, AttributeError):
            bad += 1
            continue
        if event.name in seen or (arrived and event.at <= forgotten.get(event.who, -1)):
            repeated.append(event)
            continue
        seen.add(event.name)
        events.append(event)
        newest[event.who] = max(newest[event.who], event.at)
        if event.type == "relationship.erased":
            forgotten[event.who] = newest[event.who]
    return events, repeated, bad


def place(event):
    """Return what orders the events of one relationship."""
    return event.at, SAME_TIME.index(event.type) if event.type in SAME_TIME else len(SAME_TIME)


def told(events, family="relationships"):
    """Return the events of each relationship, user or campaign, in order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        if FAMILIES.get(event.type.partition(".")[0], "relationships") == family:
            found.setdefault(event.who, []).append(event)
    return {who: sorted(one, key=place) for who, one in found.items()}
