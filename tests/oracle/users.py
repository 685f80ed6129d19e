"""Who works with the CRM: the area adoption.

Rules beyond the formulas of the catalogue:

* A seat is given by the first user.created, and again by one after it was taken back: then it begins anew. Role and
  team are the last ones named. "Seven days ago, by the hour": in an hour before the one that was seven days ago.
* An activity has the team of its user when it was first heard of, and the kind that was named last. Once it is done,
  nothing more happens to it; those that still wait when the seat is taken back are done then, and so never completed.
* The user of a feature may have no seat: the feature is used all the same.
"""

from typing import Any

from tests.oracle import promises
from tests.oracle.contract import moment
from tests.oracle.windows import DAY, HOUR, Row, cuts, fraction, key, ratio, tally

BY = ("team", "role")
KIND_BY = ("kind", "team")
ENTITIES = {"account", "contact", "lead", "deal", "case"}


class User:
    """What is known of one user."""

    def __init__(self):
        self.since: int | None = None
        self.gone, self.human = False, True
        self.role = self.team = None
        self.last: dict[str, int | None] = {"logged_in": None, "acted": None}
        self.features: dict[str, int] = {}
        self.activities: dict[str, dict[str, Any]] = {}

    def seated(self):
        """Tell whether a person has the seat now."""
        return self.since is not None and self.human and not self.gone


def collect(events, lists):
    """Add what one user did."""
    user = User()
    for event in events:
        what = event.type
        if what == "user.created":
            if user.since is None or user.gone:
                user.since, user.gone, user.last = event.at, False, {"logged_in": None, "acted": None}
            user.role, user.team = event.get("role") or user.role, event.get("team") or user.team
            user.human = event.get("human", True)
        elif what == "user.deactivated":
            user.gone = True
            for one in user.activities.values():
                miss(one, event.at, lists)
                one["done"] = True
        elif what == "user.logged_in":
            user.last["logged_in"] = event.at
        elif what != "activity.due":
            user.last["acted"] = event.at
        if what == "record.created":
            entity = event.data["entity"]
            named = {"entity": entity if entity in ENTITIES else "other"}
            lists["record"].append(Row(event.at, 1, named, {"role": user.role}))
        if what.startswith("activity."):
            activity(event, user, lists)
        if event.get("feature"):
            user.features[event.get("feature")] = event.at // DAY
    lists["user"].append(user)
    for one in user.activities.values():
        if not one["done"]:
            by = {"kind": one["kind"], "team": one["team"]}
            running = promises.Running("activity", one["at"], one["due"], one["risk"], by, one["imported"])
            lists["waiting"].append(running)


def activity(event, user, lists):
    """Fold one event of an activity."""
    name = event.get("activity_id")
    fresh = {"kind": event.get("kind"), "team": user.team, "due": None, "done": False}
    one = user.activities.setdefault(name, fresh) if name else fresh
    if one["done"]:
        return
    if event.type == "activity.due":
        miss(one, event.at, lists)
        due = moment(event.data["due_at"])
        risk = event.at + max(0, due - event.at) * 8 // 10
        kind = event.get("kind") or one["kind"]
        one.update(kind=kind, due=due, risk=risk, at=event.at, imported=event.imported)
        return
    one["done"] = True
    if one["due"] is not None and event.at <= one["due"]:
        lists["kept"].append(Row(event.at, 1, {}, dict(one)))
    elif one["due"] is not None:
        lists["missed"].append(Row(one["due"], 1, {}, dict(one)))
    lists["completed"].append(Row(event.at, 1, {}, {"kind": event.get("kind"), "team": user.team}))


def miss(one, at, lists):
    """Note that an activity that nobody has done was due before."""
    if not one["done"] and one["due"] is not None and one["due"] < at:
        lists["missed"].append(Row(one["due"], 1, {}, dict(one)))


def numbers(lists, now):
    """Return every number of the area."""
    waiting = lists["waiting"]
    broken = [Row(one.due, 1, {}, one.by) for one in waiting if promises.broken(one, now)]
    overdue = [one for one in waiting if promises.overdue(one, now)]
    due = lists["kept"] + lists["missed"] + broken
    return {
        **tally("records_created_by_owner", lists["record"], ("role",), now, ()),
        **tally("activities_completed", lists["completed"], KIND_BY, now),
        **promises.count("activities_overdue", overdue, KIND_BY),
        **tally("activity_reminders_kept", lists["kept"], KIND_BY, now),
        **ratio("activity_reminders_kept_ratio", lists["kept"], due, KIND_BY, now, {}),
        **seats(lists["user"], now),
        **features(lists["user"], now),
    }


def seats(users, now):
    """Return which seats that are old enough are in use."""
    week = (now - 7 * DAY) // HOUR
    found = {key("users_never_logged_in", "", None, {}): 0, key("users_inactive", "", None, {}): 0}
    judged = [user for user in users if user.seated() and (user.since or 0) // HOUR < week]
    groups: dict[Any, list[Any]] = {}
    for user in judged:
        for cut in cuts({"team": user.team, "role": user.role}, BY):
            groups.setdefault(tuple(cut.items()), []).append(user)
    for cut, some in groups.items():
        labels = dict(cut)
        for form in ("logged_in", "acted"):
            active = sum(user.last[form] is not None and user.last[form] // HOUR >= week for user in some)
            found.update(fraction("users_active_ratio", None, {"form": form, **labels}, active, len(some)))
        logins = [user.last["logged_in"] for user in some]
        found[key("users_never_logged_in", "", None, labels)] = logins.count(None)
        found[key("users_inactive", "", None, labels)] = sum(at is not None and at // HOUR < week for at in logins)
    return found


def features(users, now):
    """Return which features nobody uses any more, and how many use each."""
    month = (now - 30 * DAY) // DAY
    last: dict[str, int] = {}
    for user in users:
        for name, day in user.features.items():
            last[name] = max(last.get(name, day), day)
    found = {}
    unused = [name for name, day in last.items() if day < month]
    if last:
        found[key("features_unused", "", None, {})] = len(unused)
    found.update({key("features_unused", "", None, {"feature": name}): 1 for name in unused})
    seated = [user for user in users if user.seated()]
    if seated:
        using = sum(bool(user.features) and max(user.features.values()) >= month for user in seated)
        found.update(fraction("feature_users_ratio", None, {}, using, len(seated)))
    for name in {name for user in seated for name in user.features}:
        using = sum(user.features.get(name, -1) >= month for user in seated)
        found.update(fraction("feature_users_ratio", None, {"feature": name}, using, len(seated)))
    return found
