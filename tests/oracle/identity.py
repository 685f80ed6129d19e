"""Who is one and the same person, and who was forgotten.

Rules: relationship.merged, and lead.converted with another id than its own, link two ids. Ids that are linked, at
whatever time, are one person: all their events are told as one life. A merge says nothing else. A merge of an id into
itself is no event. relationship.erased ends a life: what happened counts, but nothing is held; what happens to the
same ids later is another life.
"""

from tests.oracle.reading import place, told

LINKS = {"relationship.merged": "into", "lead.converted": "customer_id"}
ERASED = "relationship.erased"


def lives(events):
    """Return the lives of all relationships: each the events of one person in order, an erasure being the last."""
    found = []
    for person in persons(told(events)):
        life = []
        for event in sorted(person, key=place):
            if event.type == "relationship.merged":
                continue
            life.append(event)
            if event.type == ERASED:
                found.append(life)
                life = []
        found.append(life)
    return [life for life in found if life]


def persons(histories):
    """Return the events of each person: histories by id, those that are linked in one."""
    group = {who: {who} for who in histories}
    for history in histories.values():
        for event in history:
            other = event.get(LINKS[event.type]) if event.type in LINKS else None
            if other is not None:
                one = group[event.who] | group.get(other, {other})
                group.update(dict.fromkeys(one, one))
    unique = {id(one): one for one in group.values()}
    return [[event for who in sorted(one) for event in histories.get(who, ())] for one in unique.values()]


def erased(events):
    """Tell whether a life ended with an erasure."""
    return events[-1].type == ERASED
