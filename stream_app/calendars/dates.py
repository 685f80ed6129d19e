"""The dates on which a calendar leaves its weekly hours: public holidays, own closed days, special hours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache

from stream_app.calendars.misconfigured import MisconfiguredError
from stream_app.calendars.week import Spans

_EPOCH = date(1970, 1, 1).toordinal()

# "12-24" is every 24 December.
_YEARLY = re.compile(r"(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Day:
    """Name one date (*year* is set) or the same date of every year (*year* is None)."""

    year: int | None
    month: int
    day: int

    @classmethod
    def parse(cls, text: str) -> "Day":
        """Read ``"2026-12-24"`` or, for every year, ``"12-24"``."""
        try:
            if yearly := _YEARLY.fullmatch(text):
                # 2000 was a leap year, so "02-29" is a date.
                checked = date(2000, int(yearly[1]), int(yearly[2]))
                return cls(None, checked.month, checked.day)
            checked = date.fromisoformat(text)
            return cls(checked.year, checked.month, checked.day)
        except ValueError:
            raise MisconfiguredError(
                f"cannot read the date {text!r}", 'write "2026-12-24", or "12-24" for every year'
            ) from None

    def epoch_day(self, year: int) -> int | None:
        """Return the day since 1970-01-01 on which this falls in *year*, if it does."""
        if self.year not in {None, year}:
            return None
        try:
            return date(year, self.month, self.day).toordinal() - _EPOCH
        except ValueError:  # 29 February of a common year
            return None


@dataclass(frozen=True, slots=True)
class Dates:
    """Hold the exceptions to the weekly hours.

    An own day overrules a public holiday, and one date overrules a yearly one.

    Attributes:
        regions: ISO 3166 codes whose public holidays are closed: a country ("DE") or a part of one ("DE-BY").
        own: Own days and what is open on them; nothing for a closed day.
    """

    regions: tuple[str, ...] = ()
    own: Mapping[Day, Spans] = field(default_factory=dict)

    def in_year(self, year: int) -> dict[int, Spans]:
        """Return what is open on each exceptional day of *year*, by the day since 1970-01-01."""
        days: dict[int, Spans] = {}
        for region in self.regions:
            days.update((holiday.toordinal() - _EPOCH, ()) for holiday in public_holidays(region, year))
        for own, spans in sorted(self.own.items(), key=lambda item: item[0].year is not None):
            epoch_day = own.epoch_day(year)
            if epoch_day is not None:
                days[epoch_day] = spans
        return days


@cache
def public_holidays(region: str, year: int) -> tuple[date, ...]:
    """Return the public holidays of *region* ("DE", "DE-BY") in *year*, from the `holidays` package.

    Years that the package does not know for a country have none.

    Raises:
        MisconfiguredError: The package knows no such country or no such part of it.
    """
    # Only a calendar with a country pays for this import: 60 ms and 14 MB.
    import holidays

    country, _, subdivision = region.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        fix = repr(country.upper()) if country.upper() in known else "an ISO 3166 code such as DE or GB"
        raise MisconfiguredError(f"no holidays are known for country {country!r}", f"write {fix}")
    if subdivision and subdivision not in known[country]:
        fix = _parts(country, subdivision, known[country])
        raise MisconfiguredError(f"no holidays are known for {subdivision!r} of {country}", fix)
    return tuple(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def _parts(country: str, subdivision: str, known: Iterable[str]) -> str:
    names = sorted(known)
    if not names:
        return f"write {country!r}: it has no parts with holidays of their own"
    some = get_close_matches(subdivision.upper(), names, n=3) or names
    return f"write one of {', '.join(f'{country}-{name}' for name in some)}"
