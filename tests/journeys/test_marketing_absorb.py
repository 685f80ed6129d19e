"""Two relationships that turn out to be one: what marketing knows of either is known of both."""

import pytest

from stream_app.journeys import (
    contact_merge,
    contact_outreach,
    lead,
    list_membership,
    touch,
    touch_retention,
    touch_revenue,
)
from stream_app.journeys.part import Holding
from stream_app.journeys.state import Attempt, Contact, Lead, Relationship
from stream_app.journeys.touch import SLOT, Run, Touches
from stream_app.policies import Attribution, Policies
from tests.journeys.kept import kept

HOUR, DAY = 3_600_000, 86_400_000
POLICIES = Policies(attribution=Attribution("first", 30 * DAY))


def touched(*runs, began=0, originated=True):
    rel = Relationship()
    SLOT.put(rel, Touches(began, originated, [Run(campaign, None, at) for campaign, at in runs]))
    return rel


def test_the_touches_of_both_are_in_order():
    rel = touched(("summer", 5 * DAY), began=5 * DAY)

    touch.absorb(rel, touched(("spring", 1 * DAY), ("autumn", 9 * DAY), began=1 * DAY))

    assert [run.campaign for run in kept(SLOT, rel).runs] == ["spring", "summer", "autumn"]
    credited = touch.credited(rel, 10 * DAY, POLICIES)
    assert credited is not None
    assert credited.campaign == "spring"


@pytest.mark.parametrize(
    ("mine", "theirs", "originated"),
    [
        (touched(("a", 5), began=5), touched(("b", 3), began=3, originated=False), False),
        (touched(("a", 5), began=5, originated=False), touched(("b", 3), began=3), True),
        (touched(("a", 5), began=5), Relationship(), True),
        (touched(("a", 5), began=5), Relationship(lead=Lead(3, 3)), False),
        (Relationship(lead=Lead(3, 3)), touched(("a", 5), began=5), False),
        (Relationship(lead=Lead(7, 7)), touched(("a", 5), began=5), True),
    ],
    ids=["theirs was first", "theirs was first, by a campaign", "nothing to bring in", "a lead", "my lead", "later"],
)
def test_the_first_touch_of_the_two_says_where_they_come_from(mine, theirs, originated):
    touch.absorb(mine, theirs)

    assert kept(SLOT, mine).originated is originated


def test_so_many_touches_of_both_are_kept_that_a_life_stays_small():
    rel = touched(*((str(n), n) for n in range(touch.KEPT)))

    touch.absorb(rel, touched(*((str(n), n) for n in range(touch.KEPT, 2 * touch.KEPT))))

    runs = kept(SLOT, rel).runs
    assert (len(runs), runs[0].until, runs[-1].until) == (touch.KEPT, 0, 2 * touch.KEPT - 1)


def test_who_is_on_a_list_twice_is_on_it_once():
    rel, gone = Relationship(), Relationship()
    list_membership._SLOT.put(rel, {"news": 5})
    list_membership._SLOT.put(gone, {"news": 3, "deals": 4})
    stocks: list[Holding] = []

    list_membership.absorb(rel, gone)
    assert list_membership.PART.standing is not None
    list_membership.PART.standing(rel, stocks, [])

    assert sorted(labels for *_, labels in stocks) == [("deals",), ("news",)]


def test_the_survivor_belongs_to_those_whom_a_campaign_has_touched():
    rel, gone = Relationship(), Relationship()
    touch_retention.touched(gone, "spring", [])

    touch_retention.absorb(rel, gone)

    assert touch_retention._group(rel) == ("yes", ("spring",))


def test_the_purchases_of_both_may_be_paid_back():
    rel, gone = Relationship(), Relationship()
    sold = touch_revenue.Sold("spring", None, None, None, None)
    touch_revenue._SLOT.put(rel, touch_revenue.Sales({"order|1": sold}, early=5))
    touch_revenue._SLOT.put(gone, touch_revenue.Sales({"order|2": sold}, early=7))

    touch_revenue.absorb(rel, gone)

    both = kept(touch_revenue._SLOT, rel)
    assert (set(both.known), both.early) == ({"order|1", "order|2"}, 12)


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"),
    [
        (None, Lead(5, 5), 5),
        (Lead(5, 5), None, 5),
        (Lead(7, 7), Lead(5, 5, touched_at=6), 7),
        (Lead(7, 7, touched_at=8), Lead(5, 5, touched_at=6), 5),
        (Lead(5, 5, touched_at=6), Lead(7, 7), 5),
        (Lead(7, 7, arrived=False, gone_at=7), Lead(8, 8), 8),
        (Lead(7, 7, touched_at=8), Lead(5, 5, arrived=False, gone_at=5), 7),
    ],
    ids=["theirs", "mine", "mine waits", "the earlier", "mine is earlier", "mine never came", "theirs never came"],
)
def test_of_two_leads_the_one_that_waits_is_kept_or_the_earlier(mine, theirs, kept):
    rel = Relationship(lead=mine)

    lead.absorb(rel, Relationship(channel="web", campaign="spring", team="north", lead=theirs))

    assert rel.lead is not None
    assert rel.lead.created_at == kept
    assert (rel.channel, rel.campaign, rel.team) == ("web", "spring", "north")


@pytest.mark.parametrize(
    ("mine", "theirs", "tries", "silent"),
    [
        (Contact(tries=2, tries_ever=2), Contact(tries=3, tries_ever=3, silent=True), 5, True),
        (Contact(tries=1, tries_ever=4, last_two_way=9), Contact(tries=4, tries_ever=4, silent=True), 1, False),
        (Contact(tries=4, tries_ever=4, silent=True), Contact(tries=0, tries_ever=4, last_two_way=9), 0, False),
        (Contact(tries=4, tries_ever=4, silent=True, last_two_way=9), Contact(tries_ever=4, last_two_way=3), 4, True),
    ],
    ids=["nobody answered", "mine answered", "theirs answered", "mine answered last and is silent"],
)
def test_the_later_reply_of_the_two_is_the_reply_of_both(mine, theirs, tries, silent):
    rel = Relationship(contact=mine)
    last = max((at for at in (mine.last_two_way, theirs.last_two_way) if at), default=None)
    ever = mine.tries_ever + theirs.tries_ever

    contact_merge.absorb(rel, Relationship(contact=theirs))

    both = rel.contact
    assert both is not None
    assert (both.tries, both.silent, both.last_two_way, both.tries_ever) == (tries, silent, last, ever)


def test_the_latest_attempts_and_mails_of_both_may_still_be_answered():
    rel = Relationship(contact=Contact(pending=[Attempt(5, 1, "call")]))
    gone = Relationship(contact=Contact(pending=[Attempt(3, 1, "call"), Attempt(4, 2, "email")]))
    contact_outreach._SLOT.put(gone, [contact_outreach.Mail(6, "news", "m1")])

    contact_merge.absorb(rel, gone)
    contact_outreach.absorb(rel, gone)

    assert rel.contact is not None
    assert [attempt.at for attempt in rel.contact.pending] == [4, 5]
    assert [mail.at for mail in kept(contact_outreach._SLOT, rel)] == [6]
