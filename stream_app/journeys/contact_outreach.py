"""Outreach that led somewhere: attempts and campaign mails after which somebody acted or bought.

An action counts for one outreach, the latest within the reply horizon; where it names a campaign, the latest of that
campaign. An outreach counts once, when it was made.
"""

from __future__ import annotations

import msgspec

from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.state import Attempt, Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

KEPT = 16
"""Mails that may still lead to something which are remembered; the oldest make room."""
_BY = ("medium", "campaign")
_MEDIUM = "email"
_NAME = "mails"

MAILED = Measure("outreach_mails", Kind.COUNT, "1", "Campaign mails sent.", by=_BY)
LED = Measure("outreach_led", Kind.COUNT, "1", "Outreach that led to an action or a purchase.", by=_BY)


class Mail(msgspec.Struct, array_like=True, gc=False):
    """A campaign mail that has led to nothing yet."""

    at: int
    campaign: str
    message: str


_SLOT = Slot(_NAME, list[Mail])


def _pending(rel: Relationship, at: int, policies: Policies) -> list[Mail]:
    """Return the mails within the reply horizon, the latest last."""
    mails = _SLOT.of(rel) if _NAME in rel.held else None
    return [mail for mail in mails or () if mail.at >= at - policies.reply_horizon_ms]


def _sent(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    mails = [mail for mail in _pending(rel, at, policies) if mail.message != data.message_id]
    _SLOT.put(rel, [*mails, Mail(at, data.campaign_id, data.message_id)][-KEPT:])
    out.append((MAILED, at, 1, (), (_MEDIUM, data.campaign_id), 1))


def _clicked(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    for mail in _pending(rel, fact.at, policies):
        if mail.message == fact.data.message_id:
            _led(rel, mail, out)


def _led(rel: Relationship, mail: Mail, out: list[Emission]) -> None:
    out.append((LED, mail.at, 1, (), (_MEDIUM, mail.campaign), 1))
    _SLOT.put(rel, [other for other in _SLOT.of(rel) or () if other is not mail])


def led(attempt: Attempt, out: list[Emission]) -> None:
    """Count that an attempt led to something, unless it has before."""
    if not attempt.converted:
        attempt.converted = True
        out.append((LED, attempt.at, 1, (), (attempt.medium, attempt.campaign), 1))


def act(
    rel: Relationship, attempt: Attempt | None, campaign: str | None, at: int, policies: Policies, out: list[Emission]
) -> None:
    """Count what an action at *at* (ms) follows from: *attempt*, if one may still be answered, or a campaign mail."""
    every: list[Attempt | Mail] = [*_pending(rel, at, policies)]
    if attempt is not None and not attempt.converted:
        every.append(attempt)
    named = [outreach for outreach in every if campaign is not None and outreach.campaign == campaign]
    latest = max(named or every, key=lambda outreach: outreach.at, default=None)
    if isinstance(latest, Mail):
        _led(rel, latest, out)
    elif latest is not None:
        led(latest, out)


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the mails of *gone* that may still lead to something."""
    mails = [*(_SLOT.of(rel) or ()), *(_SLOT.of(gone) or ())]
    if mails:
        _SLOT.put(rel, sorted(mails, key=lambda mail: mail.at)[-KEPT:])


_HANDLES: dict[str, Handler] = {"email.sent": _sent, "email.clicked": _clicked}

# A part of its own, because it holds nothing: what is held of the contact is not asked for with each mail.
PART = Part(
    "outreach", _HANDLES, None, (MAILED, LED), areas=frozenset({"relationship", "funnel"}), absorb=absorb,
)  # fmt: skip
