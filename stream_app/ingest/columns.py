"""One text of an export to one typed value, or the reason why not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import assert_never
from zoneinfo import ZoneInfo

from stream_app.ingest.mapping import Column

Value = str | int | float | bool | datetime | None
"""A typed value of a row; ``None`` where the row has none."""

Read = Callable[[object], Value]

LARGEST = 2**53
"""Whole numbers beyond this are not exact in JSON readers."""


class Bad(Exception):
    """A text that cannot be read as its column's type.

    Attributes:
        reason: Reason code, such as ``not_a_number``.
        message: What is wrong and what was expected, for the person who has the file.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def reader(column: Column, zone: ZoneInfo) -> Read:
    """Return the function that reads a text of *column*: trims, drops what stands for nothing, maps, converts.

    Args:
        column: What the mapping says.
        zone: Zone of times that are written without one.
    """
    convert = _converter(column, zone)
    missing = frozenset(column.missing)

    def read(raw: object) -> Value:
        text = as_text(raw)
        if text is None or text in missing:
            if column.default is None and column.required and column.fallback is None:
                raise Bad("missing_value", "the mapping requires a value here")
            return column.default
        if column.map is not None:
            if text in column.map:
                return column.map[text]
            if column.unmapped == "missing":
                return column.default
            if column.unmapped == "reject":
                raise Bad("unmapped_value", f"{text[:60]!r} is not in the map of this column")
        return convert(text)

    return read


def as_text(raw: object) -> str | None:
    """Return a CSV cell or a JSON value as trimmed text; ``None`` for a missing one."""
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return raw.strip() if isinstance(raw, str) else str(raw)


def _converter(column: Column, zone: ZoneInfo) -> Callable[[str], Value]:
    match column.type:
        case "string":
            return str
        case "int":
            return lambda text: _whole(_times(_number(text, column), column), text)
        case "float":
            return lambda text: float(_times(_number(text, column), column))
        case "money":
            scale = Decimal(10) ** column.digits
            return lambda text: _minor(_number(text, column) * scale, text, column.digits)
        case "bool":
            words = {w.lower(): True for w in column.true} | {w.lower(): False for w in column.false}
            return lambda text: _yes_or_no(text, words)
        case "datetime" | "date":
            return _time_reader(column, zone)
        case _:
            assert_never(column.type)


def _number(text: str, column: Column) -> Decimal:
    plain = text.replace(column.thousands, "") if column.thousands else text
    if column.decimal == ",":
        plain = "," + plain if "." in plain else plain.replace(",", ".")  # a point is then a mistake
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise Bad("not_a_number", f"{text[:60]!r} is not a number with {column.decimal!r} as decimal") from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise Bad("not_a_number", f"{text[:60]!r} is too large or no number at all")
    return number


def _times(number: Decimal, column: Column) -> Decimal:
    return number if column.times is None else number * Decimal(str(column.times))


def _whole(number: Decimal, text: str) -> int:
    if number != number.to_integral_value():
        raise Bad("not_a_whole_number", f"{text[:60]!r} has a fraction")
    return int(number)


def _minor(units: Decimal, text: str, digits: int) -> int:
    if units != units.to_integral_value():
        raise Bad("too_precise", f"{text[:60]!r} has more than {digits} digits after the decimal separator")
    if abs(units) > LARGEST:
        raise Bad("not_a_number", f"{text[:60]!r} is too large")
    return int(units)


def _yes_or_no(text: str, words: Mapping[str, bool]) -> bool:
    try:
        return words[text.lower()]
    except KeyError:
        raise Bad("not_a_bool", f"{text[:60]!r} is neither one of `true` nor of `false`") from None


def _time_reader(column: Column, zone: ZoneInfo) -> Callable[[str], datetime]:
    parsers = [_parser(form, whole_day=column.type == "date") for form in column.formats]

    def read(text: str) -> datetime:
        for parse in parsers:
            try:
                at = parse(text)
                return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
            except (ValueError, OverflowError, OSError):  # the last two: beyond the calendar
                continue
        raise Bad("bad_time", f"{text[:60]!r} fits none of: {', '.join(column.formats)}")

    return read


def _parser(form: str, *, whole_day: bool) -> Callable[[str], datetime]:
    match form:
        case "iso":
            parse = datetime.fromisoformat
        case "unix_s" | "unix_ms":
            divisor = 1 if form == "unix_s" else 1000

            def parse(text: str) -> datetime:
                seconds = float(text) / divisor
                if not math.isfinite(seconds):
                    raise ValueError(text)
                return datetime.fromtimestamp(seconds, UTC)
        case _:

            def parse(text: str) -> datetime:
                return datetime.strptime(text, form)  # noqa: DTZ007  the zone is the column's, added after

    if not whole_day:
        return parse
    return lambda text: parse(text).replace(hour=0, minute=0, second=0, microsecond=0)
