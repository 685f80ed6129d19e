"""Tries, replies and freshness of a relationship: every KPI of the area relationship.

Rules beyond the formulas of the catalogue:

* Human means neither automated nor internal. A human outbound interaction is an attempt, and an action.
* A contact both ways is an outbound interaction logged so (it then answers itself), an inbound one logged so, or an
  inbound one at most 14 d after the latest attempt that no contact has answered yet. Other inbound messages are no
  reply: they end no series of attempts.
* The number of an attempt counts since the last contact both ways; 6 and more are one. A reply answers the latest
  attempt only, in the window of the attempt.
* Tries to a reply are all attempts up to the first contact both ways, itself included when it was outbound. Without
  any, they contacted us first. Tries to a purchase may be 0; a purchase is an order or a won deal, the first of all.
* Actions, contacts: team of the interaction, else of the relationship.
* A customer is active from customer.created or customer.reactivated until customer.churned. customer.created does
  not bring back one that churned; a churn before it is nothing.
* Contact ages are to the hour. Inside a horizon are the hours that end after now minus the horizon. The age of an
  hour counts from its middle. The rungs reach up to 30, 60 and 90 d.
* An erased relationship is no customer and not unresponsive, nor is a churned customer.
"""

from typing import Any

from tests.oracle.identity import erased
from tests.oracle.windows import DAY, HOUR, Row, cuts, distribution, fraction, key, quantile, ratio, tally

REPLY_HORIZON = 14 * DAY
CUSTOMER_BY = ("segment", "tier", "owner_id")
AGES = (("active", 30 * DAY), ("cooling", 60 * DAY), ("dormant", 90 * DAY))


def human(event):
    """Tell whether an event is a human interaction with the relationship."""
    return event.type == "interaction.logged" and not event.get("automated") and not event.get("internal")


def collect(events, labels, lists):
    """Add what one relationship says to the raw lists."""
    tries, last_contact = conversation(events, labels, lists)
    purchase(events, labels, lists)
    for event, by in zip(events, labels, strict=True):
        if event.type in ("list.unsubscribed", "list.blocked"):
            named = {
                "channel": event.get("channel") or by["channel"],
                "campaign": event.get("campaign_id") or by["campaign"],
                "reason": event.get("reason"),
            }
            lists["opt_out"].append(Row(event.at, 1, {"kind": event.type.partition(".")[2]}, named))
        if event.type == "customer.referred":
            lists["referral"].append(Row(event.at, 1, {}, {"campaign": event.get("campaign_id")}))
    active = standing(events)
    if erased(events):
        return
    if active:
        lists["customers"].append((last_contact, labels[-1]))
    if tries >= 4 and active is not False:
        lists["unresponsive"].append(labels[-1])


def standing(events):
    """Return True for an active customer, False for one that churned, None for no customer."""
    active = None
    for event in events:
        if event.type == "customer.created" and active is None:
            active = True
        if event.type == "customer.churned" and active:
            active = False
        if event.type == "customer.reactivated":
            active = True
    return active


def conversation(events, labels, lists):
    """Add attempts and contacts; return (attempts since the last contact both ways, its time)."""
    attempts, since = 0, []
    last_contact = None
    for event, by in zip(events, labels, strict=True):
        if not human(event):
            continue
        named = {"medium": event.data["medium"], "team": event.get("team") or by["team"]}
        outbound = event.data["direction"] == "out"
        if outbound:
            attempts += 1
            since.append(event)
            lists["action"].append(Row(event.at, 1, {}, named))
            lists["attempt"].append(Row(event.at, 1, {"attempt": number(since)}, named))
        in_reach = bool(since) and event.at - since[-1].at <= REPLY_HORIZON
        if not outbound and not in_reach:
            about = {"channel": by["channel"], "campaign": event.get("campaign_id") or by["campaign"]}
            lists["inquiry"].append(Row(event.at, 1, {}, about))
        if not (event.get("two_way") or (in_reach and not outbound)):
            since = since if outbound else []  # too late for a reply, but no silence either
            continue
        lists["engagement"].append(Row(event.at, 1, {}, named))
        if in_reach:
            medium = {"medium": since[-1].data["medium"]}
            lists["answered"].append(Row(since[-1].at, 1, {"attempt": number(since)}, medium))
        if last_contact is None and attempts:
            lists["tries_to_reply"].append(Row(event.at, attempts, {}, by))
        last_contact, since = event.at, []
    return len(since), last_contact


def number(since):
    """Return the label of the latest attempt."""
    return str(len(since)) if len(since) < 6 else "6+"


def purchase(events, labels, lists):
    """Add the tries before the first purchase."""
    for place, event in enumerate(events):
        if event.type in ("order.placed", "deal.won"):
            tries = sum(human(one) and one.data["direction"] == "out" for one in events[:place])
            lists["tries_to_purchase"].append(Row(event.at, tries, {}, labels[place]))
            return


def numbers(lists, now):
    """Return every number of the area."""
    found = {
        **ratio("actions_per_engagement", lists["action"], lists["engagement"], ("medium", "team"), now, {}),
        **ratio("outreach_reply_ratio", lists["answered"], lists["attempt"], ("medium",), now, {"attempt": "any"}),
        **distribution("attempts_to_reply", lists["tries_to_reply"], ("channel",), now, scale=1),
        **distribution("attempts_to_purchase", lists["tries_to_purchase"], ("channel",), now, scale=1),
        **tally(
            "opt_outs",
            lists["opt_out"],
            ("channel", "campaign", "reason"),
            now,
            ({"kind": "unsubscribed"}, {"kind": "blocked"}),
        ),
        **tally("inquiries_inbound", lists["inquiry"], ("channel", "campaign"), now),
        **tally("referrals", lists["referral"], ("campaign",), now),
        **customers(lists["customers"], now),
        key("relationships_unresponsive", "", None, {}): 0,
    }
    for name in ("1", "2", "3", "4", "5", "6+"):
        above, below = (
            [row for row in lists[some] if row.fixed["attempt"] == name] for some in ("answered", "attempt")
        )
        found.update(ratio("outreach_reply_ratio", above, below, ("medium",), now, {"attempt": name}))
    for labels in lists["unresponsive"]:
        for cut in cuts(labels, ("team", "owner_id")):
            name = key("relationships_unresponsive", "", None, cut)
            found[name] = found.get(name, 0) + 1
    return found


def customers(active, now):
    """Return freshness, ages by rung, and age quantiles of the active customers, given as (last contact, labels)."""
    groups: dict[tuple[Any, ...], list[int | None]] = {(): []}
    for last, labels in active:
        for cut in cuts(labels, CUSTOMER_BY):
            groups.setdefault(tuple(cut.items()), []).append(last)
    found = {}
    for cut, contacts in groups.items():
        labels = dict(cut)
        hours = [last // HOUR * HOUR for last in contacts if last is not None]

        def within(horizon, hours=hours):
            return sum(hour + HOUR > now - horizon for hour in hours)

        for name, days in (("7d", 7), ("30d", 30)) if contacts else ():
            fresh = {"horizon": name, **labels}
            found.update(fraction("relationship_freshness_ratio", None, fresh, within(days * DAY), len(contacts)))
        younger = 0
        for name, bound in AGES:
            found[key("relationships_by_age", "", None, {"age": name, **labels})] = within(bound) - younger
            younger = within(bound)
        found[key("relationships_by_age", "", None, {"age": "stale", **labels})] = len(hours) - younger
        found[key("relationships_by_age", "", None, {"age": "never", **labels})] = len(contacts) - len(hours)
        if hours and set(labels) <= {"segment"}:
            ages = [max(0, now - hour - HOUR // 2) / 1000 for hour in hours]
            for share in (0.5, 0.9):
                found[key("contact_age_seconds", "", None, {"quantile": str(share), **labels})] = quantile(ages, share)
    return found
