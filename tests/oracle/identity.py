"""Who is one and the same person, and who was forgotten.

Rules: relationship.merged, and lead.converted with another id than its own, link two ids. Ids that are linked, at
whatever time, are one person: all their events are told as one life. A merge says nothing else. A merge of an id into
itself is no event. relationship.erased ends the life of all ids that are linked by then: what happened counts, but
nothing is held, nor that they were one; what happens to each of them later is another life. An id that is linked
after the other was erased brings its own past into that other life.
"""

from tests.oracle.contract import FAMILIES
from tests.oracle.reading import Event, place

LINKS = {"relationship.merged": "into", "lead.converted": "customer_id"}
ERASED = "relationship.erased"


def lives(events):
    """Return the lives of all relationships: each the events of one person in order, an erasure being the last."""
    found: list[list[Event]] = []
    alive: dict[str, tuple[set[str], list[Event]]] = {}  # the ids of each person, and what has happened to them
    for event in sorted(about_relationships(events), key=place):
        names, life = alive.setdefault(event.who, ({event.who}, []))
        other = linked(event)
        if other is not None and other not in names:
            others, past = alive.get(other, ({other}, []))
            names |= others
            life += past
            alive.update(dict.fromkeys(others, (names, life)))
        if event.type != "relationship.merged":
            life.append(event)
        if event.type == ERASED:
            found.append(life)
            for name in names:
                del alive[name]
    found += {id(life): life for _, life in alive.values()}.values()
    return [sorted(life, key=place) for life in found if life]


def persons(events):
    """Return which ids are ever linked, erased or not: {id: a name that all of those ids share}."""
    shared: dict[str, set[str]] = {}
    for event in about_relationships(events):
        one = shared.setdefault(event.who, {event.who})
        other = linked(event)
        if other is not None and other not in one:
            one |= shared.get(other, {other})
            shared.update(dict.fromkeys(one, one))
    return {who: min(one) for who, one in shared.items()}


def about_relationships(events):
    """Return the events that are not about users or campaigns."""
    return [event for event in events if event.type.partition(".")[0] not in FAMILIES]


def linked(event):
    """Return the id that an event says is one with its own, or None."""
    return event.get(LINKS[event.type]) if event.type in LINKS else None


def erased(events):
    """Tell whether a life ended with an erasure."""
    return events[-1].type == ERASED
