"""Read the table of exchange rates that the policies name: a CSV file beside them."""

import csv
import re
from datetime import date
from decimal import Decimal, InvalidOperation

from stream_app.document import Document
from stream_app.policies.money import Money, Rates, ratio
from stream_app.policies.problems import Findings
from stream_app.policies.tables import MoneyTable

COLUMNS = ("date", "currency", "rate")
_SMALLEST, _LARGEST = Decimal("1e-12"), Decimal("1e12")
MOST_SHOWN = 20
"""Problems of one file that are named one by one: what is wrong all through shows in the first few."""

_PLACE = ("money", "rates")
_EPOCH = date(1970, 1, 1).toordinal()
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


def read_money(table: MoneyTable, origin: Document, findings: Findings) -> Money:
    """Return the money of the file *origin*, which gives the text of its rates."""
    if table.rates is None:
        return Money(table.reporting, gross_margin=table.gross_margin)
    text = _text(origin, table.rates, findings)
    rates = _Rates(table.rates, table.reporting).read(text, findings) if text is not None else {}
    return Money(table.reporting, rates, table.gross_margin)


def rates_name(table: object) -> str | None:
    """Return the name of the rates file in an unchecked ``[money]`` table, None where it names none."""
    named = table.get("rates") if isinstance(table, dict) else None
    return named if isinstance(named, str) else None


def _text(origin: Document, name: str, findings: Findings) -> str | None:
    try:
        return origin.file(name)
    except OSError as error:
        problem = f"{name} cannot be read: {error.strerror}"
        findings.add(_PLACE, problem, "write its path as seen from the folder of this file")
    except UnicodeDecodeError as error:
        findings.add(_PLACE, f"{name} is not UTF-8 at byte {error.start}", "save it as UTF-8")
    return None


class _Rates:
    """The rates of one file, and what is wrong with them by line."""

    def __init__(self, name: str, reporting: str) -> None:
        self._name = name
        self._reporting = reporting
        self._found: dict[str, dict[int, Decimal]] = {}
        self._wrong: list[tuple[int, str, str]] = []

    def read(self, text: str, findings: Findings) -> dict[str, Rates]:
        """Return the rates by currency; every line that is no rate is a finding."""
        rows = csv.reader(text.splitlines())
        header = next(rows, [])
        if tuple(name.strip() for name in header) != COLUMNS:
            self._wrong.append((1, f"the columns are {','.join(header)!r}", f"begin it with {','.join(COLUMNS)}"))
        else:
            for row in rows:
                if row:
                    self._row(rows.line_num, [cell.strip() for cell in row])
        for line, message, fix in self._wrong[:MOST_SHOWN]:
            findings.add(_PLACE, f"line {line} of {self._name}: {message}", fix)
        more = len(self._wrong) - MOST_SHOWN
        if more > 0:
            findings.add(_PLACE, f"{self._name} has {more} more problems", "correct the ones above first")
        return {currency: self._of(currency, found) for currency, found in self._found.items()}

    def _of(self, currency: str, found: dict[int, Decimal]) -> Rates:
        days = tuple(sorted(found))
        return Rates(days, tuple(ratio(found[day], currency, self._reporting) for day in days))

    def _row(self, line: int, row: list[str]) -> None:
        problem = self._problem(row)
        if problem is not None:
            self._wrong.append((line, *problem))

    def _problem(self, row: list[str]) -> tuple[str, str] | None:
        """Keep the rate of a row, or say what is wrong with it and what to write."""
        if len(row) != len(COLUMNS):
            return f"it has {len(row)} values", f"write {','.join(COLUMNS)}"
        day, rate = _day(row[0]), _rate(row[2])
        if day is None:
            return f"{row[0]!r} is no date", "write a date such as 2026-04-01"
        if not _CURRENCY.match(row[1]):
            return f"{row[1]!r} is no currency", "write its ISO 4217 code in capital letters, such as USD"
        if rate is None:
            wanted = f"write how many {self._reporting} one {row[1]} is worth, such as 0.92"
            return f"{row[2]!r} is no rate", wanted
        if row[1] == self._reporting and rate != 1:
            return f"{row[1]} is the reporting currency, its rate is 1", "take the line away"
        if day in self._found.setdefault(row[1], {}):
            return f"{row[1]} has a second rate on {row[0]}", "keep one of them"
        self._found[row[1]][day] = rate
        return None


def _day(text: str) -> int | None:
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH
    except ValueError:
        return None


def _rate(text: str) -> Decimal | None:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and _SMALLEST <= rate <= _LARGEST else None
