"""What is remembered of one relationship, user or campaign: plain structs, stored as short msgpack arrays.

Every time is in milliseconds since the Unix epoch (UTC); ``None`` means that it has not happened.
Fields are only ever added at the end of a struct, with a default, so that older state still reads.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec


class Lead(msgspec.Struct, array_like=True, gc=False):
    """One inquiry, from the moment it arrived until it is answered, converted or given up."""

    created_at: int
    captured_at: int
    imported: bool = False
    routed_at: int | None = None  # first assignment: a stamp of speed to lead
    assigned_at: int | None = None  # latest assignment: response is measured from it too
    touched_at: int | None = None  # first human outbound touch
    two_way_at: int | None = None  # first contact that went both ways
    gone_at: int | None = None  # disqualified or converted before anybody answered
    converted_at: int | None = None
    due: int | None = None
    risk: int | None = None
    policy: str | None = None
    cohort: tuple[str | None, str | None, str | None] = (None, None, None)  # channel, campaign, team at creation
    arrived: bool = True  # False while only its conversion is known: sources disagree about time
    disqualified: bool = False


class Attempt(msgspec.Struct, array_like=True, gc=False):
    """A human outbound action that may still be answered."""

    at: int
    number: int
    medium: str
    campaign: str | None = None
    converted: bool = False  # it led to an action or a purchase


class Contact(msgspec.Struct, array_like=True, gc=False):
    """The conversation with one relationship: who tried, who answered, when last."""

    pending: list[Attempt] = []
    tries: int = 0  # human outbound actions since the last reply
    tries_ever: int = 0
    last_two_way: int | None = None
    first_two_way_done: bool = False
    purchased: bool = False
    silent: bool = False  # tried often enough without an answer, by the policies of the latest attempt


class Customer(msgspec.Struct, array_like=True, gc=False):
    """The commercial standing: a customer from ``created_at`` until it churns."""

    created_at: int
    active: bool = True


class Promise(msgspec.Struct, array_like=True, gc=False):
    """A running clock of one case: since when, due when, under which policy."""

    since: int
    due: int | None = None
    risk: int | None = None
    policy: str | None = None
    decided: bool = False  # met, breached, or nobody waits for it any more
    priority: str | None = None  # under which it was broken, where the case has another one now


class Case(msgspec.Struct, array_like=True, gc=False):
    """One question, incident, complaint or request, from opening to closing."""

    opened_at: int
    category: str
    priority: str
    channel: str | None = None
    team: str | None = None
    owner_id: str | None = None
    imported: bool = False
    first: Promise | None = None  # runs until the first human public reply
    first_done: bool = False
    bot_held: bool = False  # a bot answered or resolved; the customer's next word starts the clock anew
    next: Promise | None = None  # runs from the first unanswered customer message of a turn
    resolution: Promise | None = None
    resolution_left: int | None = None  # business ms of the target left when the case was paused
    paused_at: int | None = None
    paused_total: int = 0
    first_resolved_at: int | None = None
    resolved_at: int | None = None  # None again after a reopening
    reopened: bool = False
    resolved_team: str | None = None  # the team of the first resolution, whose cohort a reopening counts in
    full: tuple[int, int, int, str | None] | None = None
    # (at, calendar ms, business ms, team) of the full resolution as published, to take back on a reopening
    ended: bool = False  # closed or merged
    merged: bool = False
    full_by: tuple[str, str | None] | None = None  # priority and agent of the full resolution as published
    opened_team: str | None = None  # the team at the opening, in whose cohort it counts
    handled: bool = False  # resolved once, or closed without
    same_day: bool = False  # counts as closed on the business day of its opening


class Progress(msgspec.Struct, array_like=True, gc=False):
    """How far one entity came in one funnel."""

    entered_at: int
    steps: list[tuple[int, int]]  # (step number, time of the event in ms), in the order in which they were reached
    channel: str | None
    campaign: str | None
    over: bool = False  # converted, left by an exit, excluded, or (strict order) broken


class Survey(msgspec.Struct, array_like=True, gc=False):
    """A question sent to a customer, credited to the agent at sending."""

    agent_id: str | None
    team: str | None
    answered: bool = False
    category: str | None = None
    sent_at: int | None = None  # None: only its answer is known


NONE = msgspec.Raw(b"\x80")
"""An empty collection, packed."""
_decode_cases = msgspec.msgpack.Decoder(dict[str, Case]).decode
_decode_funnels = msgspec.msgpack.Decoder(dict[str, Progress]).decode
_decode_surveys = msgspec.msgpack.Decoder(dict[str, Survey]).decode


class Relationship(msgspec.Struct, array_like=True, gc=False):
    """The whole state of one relationship."""

    channel: str | None = None
    campaign: str | None = None
    team: str | None = None
    owner_id: str | None = None
    segment: str | None = None
    tier: str | None = None
    merged: bool = False  # by version 1, which did not move what was known: it holds nothing since
    lead: Lead | None = None
    contact: Contact | None = None
    customer: Customer | None = None
    # The three collections stay packed until an event asks for them, and most ask for one or none: this takes half of
    # the time to open and pack a relationship (10 + 5 us with three messages and a case). Packed or open, they encode.
    held_cases: msgspec.Raw = NONE
    held_funnels: msgspec.Raw = NONE
    held_surveys: msgspec.Raw = NONE
    held: dict[str, msgspec.Raw] = {}  # what the other parts keep, by name: in their slots
    country: str | None = None

    @property
    def cases(self) -> dict[str, Case]:
        """Return the cases by id."""
        held: Any = self.held_cases
        if type(held) is msgspec.Raw:
            held = self.held_cases = _decode_cases(held)  # type: ignore[assignment]
        return held  # type: ignore[no-any-return]

    @property
    def funnels(self) -> dict[str, Progress]:
        """Return the progress of each entity, by the funnel's name or ``funnel|message``."""
        held: Any = self.held_funnels
        if type(held) is msgspec.Raw:
            held = self.held_funnels = _decode_funnels(held)  # type: ignore[assignment]
        return held  # type: ignore[no-any-return]

    @property
    def surveys(self) -> dict[str, Survey]:
        """Return the surveys by id."""
        held: Any = self.held_surveys
        if type(held) is msgspec.Raw:
            held = self.held_surveys = _decode_surveys(held)  # type: ignore[assignment]
        return held  # type: ignore[no-any-return]


class User(msgspec.Struct, array_like=True, gc=False):
    """The whole state of one user of the CRM."""

    held: dict[str, msgspec.Raw] = {}  # what the parts keep, by name: in their slots
    role: str | None = None
    team: str | None = None
    human: bool = True
    since: int | None = None  # when the seat was given, None where no event has said so
    gone: bool = False  # the seat was taken back
    logged_in_at: int | None = None
    acted_at: int | None = None  # created, completed or used something


class Campaign(msgspec.Struct, array_like=True, gc=False):
    """The whole state of one campaign, or of whatever else a key of its topic names."""

    held: dict[str, msgspec.Raw] = {}  # what the parts keep, by name: in their slots
    key: str = ""  # a label of what is counted, and no personal data


Root = Relationship | User | Campaign
"""What a slot can be in."""

T = TypeVar("T")


class Slot(Generic[T]):
    """Where one part keeps its state in the root: packed until an event asks for it, absent until it is put.

    The name is a part of the stored form; the state's fields are only ever added at the end, with a default.
    """

    __slots__ = ("_decode", "_name")

    def __init__(self, name: str, kind: type[T]) -> None:
        self._name = name
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def of(self, rel: Root) -> T | None:
        """Return the part's state, to be changed in place; ``None`` when it has none."""
        held: Any = rel.held.get(self._name)
        if type(held) is msgspec.Raw:
            held = rel.held[self._name] = self._decode(held)  # type: ignore[assignment]  # either encodes
        return held  # type: ignore[no-any-return]

    def put(self, rel: Root, state: T) -> T:
        """Keep *state*, and return it."""
        rel.held[self._name] = state  # type: ignore[assignment]  # either encodes
        return state

    def drop(self, rel: Root) -> None:
        """Forget the part's state."""
        rel.held.pop(self._name, None)
