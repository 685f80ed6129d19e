"""Money: every amount in the minor units of one reporting currency, by the rate of the day it was earned or spent."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_DAY_MS = 86_400_000

_TWO = 2
_OTHERS = {
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
            *("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def exponent(currency: str) -> int:
    """Return how many digits the minor unit of *currency* has, by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _OTHERS.get(currency, _TWO)


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency was worth, from each day on.

    Attributes:
        days: Days since the Unix epoch (UTC), growing.
        ratios: For each day, minor units of the reporting currency per minor unit of this one, as numerator and
            denominator: exact, as a rate is written with few digits.
    """

    days: tuple[int, ...]
    ratios: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Money:
    """Convert amounts into the reporting currency; without arguments, euros, and no other currency is known.

    Attributes:
        currency: The reporting currency, ISO 4217.
        rates: By currency.
        gross_margin: The part of revenue (0..1) that is left after what was sold is paid for; None where not known.
    """

    currency: str = "EUR"
    rates: Mapping[str, Rates] = field(default_factory=dict)
    gross_margin: float | None = None

    @property
    def exponent(self) -> int:
        """Return how many digits the minor unit of the reporting currency has."""
        return exponent(self.currency)

    @property
    def major(self) -> int:
        """Return how many minor units make one unit of the reporting currency: 100 for EUR."""
        return int(10**self.exponent)

    @property
    def unit(self) -> str:
        """Return what an amount of money is counted in, as it ends the name of a KPI: ``eur``."""
        return self.currency.lower()

    def reported(self, amount: int, currency: str | None, at: int) -> int | None:
        """Return *amount*, in minor units of *currency*, in minor units of the reporting currency.

        The latest rate on or before the UTC day of *at* (ms) holds; a half is rounded to the even neighbour.
        None when there is no such rate. An amount without a currency is in the reporting currency.
        """
        if currency is None or currency == self.currency:
            return amount
        rates = self.rates.get(currency)
        place = bisect_right(rates.days, at // _DAY_MS) if rates is not None else 0
        if rates is None or not place:
            return None
        above, below = rates.ratios[place - 1]
        whole, rest = divmod(amount * above, below)
        if 2 * rest > below or (2 * rest == below and whole % 2):
            return whole + 1
        return whole


def ratio(rate: Decimal, currency: str, reporting: str) -> tuple[int, int]:
    """Return minor units of *reporting* per minor unit of *currency*, where *rate* is per whole units."""
    above, below = rate.as_integer_ratio()
    return above * 10 ** exponent(reporting), below * 10 ** exponent(currency)
