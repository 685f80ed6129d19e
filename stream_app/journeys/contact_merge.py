"""Two conversations that turn out to be with one and the same: they go on as one."""

from __future__ import annotations

from stream_app.journeys.state import Contact, Relationship

PENDING = 2
"""Attempts that may still be answered which are kept; an answer is to the latest."""


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Go on with both conversations as one: the latest contact of either is the latest of both."""
    mine, theirs = rel.contact, gone.contact
    if theirs is None:
        return
    if mine is None:
        rel.contact = theirs
        return
    mine.pending = sorted([*mine.pending, *theirs.pending], key=lambda attempt: attempt.at)[-PENDING:]
    # Tries count since the last reply: those before the later reply of the two are over.
    latest, other = (mine, theirs) if _since(mine) >= _since(theirs) else (theirs, mine)
    counts_on = other.last_two_way is None and latest.last_two_way is None
    mine.tries, mine.silent = (
        latest.tries + (other.tries if counts_on else 0),
        latest.silent or (counts_on and other.silent),
    )
    mine.tries_ever += theirs.tries_ever
    mine.last_two_way = max((at for at in (mine.last_two_way, theirs.last_two_way) if at is not None), default=None)
    mine.first_two_way_done = mine.first_two_way_done or theirs.first_two_way_done
    mine.purchased = mine.purchased or theirs.purchased


def _since(contact: Contact) -> int:
    """Return when the contact last went both ways, -1 for never."""
    return -1 if contact.last_two_way is None else contact.last_two_way
