"""Templates of a mapping: ``"{origin}"`` is the column's value, ``"case-{case_id}"`` is text around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from stream_app.ingest.columns import Value

_SLOT = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")  # {origin}; {{ and }} stand for the braces themselves

Fill = Callable[[Mapping[str, Value]], object]
"""From a row's values to a JSON value; ``None`` means 'leave the field out'."""


def names(template: object) -> Iterator[str]:
    """Yield every column that *template* (text, or lists and tables of text) uses."""
    if isinstance(template, str):
        yield from (slot[1] for slot in _SLOT.finditer(template) if slot[1] is not None)
    elif isinstance(template, Mapping):
        for part in template.values():
            yield from names(part)
    elif isinstance(template, list | tuple):
        for part in template:
            yield from names(part)


def compile_template(template: object) -> Fill:
    """Return the function that fills *template*.

    One slot alone keeps the column's type. Where any column of a text is missing, the whole text is missing:
    "case-" without its number would be a wrong id, not a shorter one. Missing fields of a table are left out.
    """
    if isinstance(template, str):
        return _text(template)
    if isinstance(template, Mapping):
        fields = {key: compile_template(part) for key, part in template.items()}

        def table(row: Mapping[str, Value]) -> object:
            filled = ((key, fill(row)) for key, fill in fields.items())
            return {key: value for key, value in filled if value is not None}

        return table
    if isinstance(template, list | tuple):
        parts = [compile_template(part) for part in template]
        return lambda row: [fill(row) for fill in parts]
    return lambda _row: template


def _text(template: str) -> Fill:
    used = tuple(names(template))
    if not used:
        constant = _SLOT.sub(lambda slot: slot[0][0], template)
        return lambda _row: constant
    if template == "{" + used[0] + "}":
        column = used[0]
        return lambda row: _json(row[column])

    def fill(row: Mapping[str, Value]) -> object:
        if any(row[name] is None for name in used):
            return None
        return _SLOT.sub(lambda slot: slot[0][0] if slot[1] is None else str(_json(row[slot[1]])), template)

    return fill


def _json(value: Value) -> object:
    """Return *value* as JSON has it: a time becomes RFC 3339 text in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value
