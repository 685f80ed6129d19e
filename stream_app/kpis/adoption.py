"""Adoption: whether the people who have a seat in the CRM come, do their work there, and use what it offers."""

from __future__ import annotations

from stream_app.journeys import user_activity as activity
from stream_app.journeys import user_feature as feature
from stream_app.journeys import user_seat as seat
from stream_app.kpis.kinds.added import Added
from stream_app.kpis.kinds.features import Spread, Unused
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.seats import ActiveSeats, Seats, SilentSeats
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Broken, Open, overdue
from stream_app.kpis.kpi import Kpi
from stream_app.measures.window import DAY

_WEEK_MS, _MONTH_MS = 7 * DAY.size, 30 * DAY.size
_SEATS = Seats(seat.SEATS, seat.LAST, seat.EVER, _WEEK_MS)
_JUDGED = (
    "Seats count that were given to a person (human), at least 7 days ago by the hour, and not taken back; a seat that "
    "is given again is a new one."
)
_KEPT, _MISSED = Counted(activity.OUTCOME, ("kept",)), Counted(activity.OUTCOME, ("missed",))
_DUE = (_KEPT, _MISSED, Broken(activity.CLOCK))
_BY = ("kind", "team")

USERS_ACTIVE = Kpi(
    name="users_active_ratio",
    unit="ratio",
    area="adoption",
    tile=11,
    meaning="Share of the people with a seat who used the CRM in the last 7 days.",
    formula=(
        "Seats with a use in the last 7 days / seats. form=logged_in: user.logged_in; form=acted: record.created, "
        f"activity.completed or feature.used. {_JUDGED}"
    ),
    source="A3",
    compute=ActiveSeats(_SEATS, (seat.LOGGED_IN, seat.ACTED)),
    by=seat.BY,
    windowed=False,
    direction="up",
)

USERS_NEVER_LOGGED_IN = Kpi(
    name="users_never_logged_in",
    unit="users",
    area="adoption",
    tile=13,
    meaning="People with a seat who have never logged in.",
    formula=f"Seats without any user.logged_in since they were given. {_JUDGED}",
    source="A3",
    compute=SilentSeats(_SEATS, seat.LOGGED_IN, "never"),
    by=seat.BY,
    windowed=False,
    direction="down",
)

USERS_INACTIVE = Kpi(
    name="users_inactive",
    unit="users",
    area="adoption",
    tile=12,
    meaning="People with a seat who logged in once and not in the last 7 days.",
    formula=f"Seats whose latest user.logged_in is more than 7 days ago, by the hour. {_JUDGED}",
    source="A3",
    compute=SilentSeats(_SEATS, seat.LOGGED_IN, "no_longer"),
    by=seat.BY,
    windowed=False,
    direction="down",
)

RECORDS_CREATED = Kpi(
    name="records_created_by_owner",
    unit="records",
    area="adoption",
    tile=17,
    meaning="Records, such as accounts, that users of each role created.",
    formula=(
        "record.created events by the role of the user at that time. entity: account, contact, lead, deal or case; "
        "other for all else."
    ),
    source="A3",
    compute=Tally(seat.RECORDS),
    by=("role",),
    direction="up",
)

ACTIVITIES_COMPLETED = Kpi(
    name="activities_completed",
    unit="activities",
    area="adoption",
    tile=15,
    meaning="Tasks, calls and meetings that were done.",
    formula="activity.completed events; an activity with an id counts once. By the team of the user at that time.",
    source="A3",
    compute=Tally(activity.COMPLETED),
    by=_BY,
    direction="up",
)

ACTIVITIES_OVERDUE = Kpi(
    name="activities_overdue",
    unit="activities",
    area="adoption",
    tile=14,
    meaning="Activities whose time has passed and that are not done.",
    formula=(
        "Activities with an activity.due whose due_at lies before now, without activity.completed; the latest reminder "
        "of an activity holds. Imported history and users whose seat was taken back are left out."
    ),
    source="A3",
    compute=Open(((activity.CLOCK, ()),), overdue),
    by=_BY,
    windowed=False,
    direction="down",
    clock=activity.CLOCK,
)

REMINDERS_KEPT = Kpi(
    name="activity_reminders_kept",
    unit="reminders",
    area="adoption",
    meaning="Reminders of an activity that was done in time.",
    formula="Activities with an activity.due that were completed at or before due_at, at the time of completion.",
    source="A3",
    compute=Added((_KEPT,)),
    by=_BY,
    direction="up",
)

REMINDERS_KEPT_RATIO = Kpi(
    name="activity_reminders_kept_ratio",
    unit="ratio",
    area="adoption",
    tile=18,
    meaning="Share of the reminders that fell due whose activity was done in time.",
    formula=(
        "Kept / (kept + missed, open and overdue included). Missed, at due_at: completed later, or given a later "
        "due_at when it had passed. Users whose seat was taken back before due_at are left out."
    ),
    source="A3",
    compute=Ratio((Variant((_KEPT,), _DUE),)),
    by=_BY,
    direction="up",
    clock=activity.CLOCK,
)

FEATURES_UNUSED = Kpi(
    name="features_unused",
    unit="features",
    area="adoption",
    tile=16,
    meaning="Features of the CRM that somebody used once and nobody in the last 30 days.",
    formula=(
        "Features named by feature.used or activity.completed whose latest use by anybody is more than 30 days ago, by "
        "the day. A feature that was never used is not known."
    ),
    source="A3",
    compute=Unused(feature.FEATURES, (feature.BY_SEAT, feature.ELSE), _MONTH_MS),
    by=("feature",),
    windowed=False,
    direction="down",
)

FEATURE_USERS = Kpi(
    name="feature_users_ratio",
    unit="ratio",
    area="adoption",
    tile=19,
    meaning="Share of the people with a seat who used a feature of the CRM in the last 30 days.",
    formula=(
        "Seats of people whose user used the feature (feature.used, or activity.completed with a feature) in the last "
        "30 days, by the day / seats that people have now. The total: any feature."
    ),
    source="A3",
    compute=Spread(feature.SEATS_NOW, feature.SEATS_USING, feature.FEATURES, feature.BY_SEAT, _MONTH_MS),
    by=("feature",),
    windowed=False,
    direction="up",
)

KPIS = (
    USERS_ACTIVE,
    USERS_NEVER_LOGGED_IN,
    USERS_INACTIVE,
    RECORDS_CREATED,
    ACTIVITIES_COMPLETED,
    ACTIVITIES_OVERDUE,
    REMINDERS_KEPT,
    REMINDERS_KEPT_RATIO,
    FEATURES_UNUSED,
    FEATURE_USERS,
)
