"""Where somebody who waits is found in the CRM of its source: a web address made of the ids of who and what waits."""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Annotated, Any, Final
from urllib.parse import quote

from pydantic import AfterValidator

from stream_app.calendars import MisconfiguredError
from stream_app.policies.problems import Findings
from stream_app.policies.tables import Table

PLACES: Final = ("relationship", "item")


@dataclass(frozen=True, slots=True)
class Link:
    """One form of address.

    Attributes:
        ids: What the whole id of a relationship must look like, as systems shape their ids differently.
        clock: How the name of the clock must begin, such as "case".
        source: What the source must look like of the event with which the wait began; ``None`` for any, known or not.
        url: The address, with `{relationship}` and `{item}` (the case, the callback ...) in it.
    """

    ids: re.Pattern[str]
    clock: str
    url: str
    source: re.Pattern[str] | None = None

    def to(self, clock: str, relationship: str, item: str, source: str | None) -> str | None:
        """Return the address of what waits, since an event of *source*; ``None`` where this form is not for it."""
        if self.source is not None and (source is None or not self.source.match(source)):
            return None
        if not clock.startswith(self.clock) or not self.ids.fullmatch(relationship):
            return None
        if "{item}" in self.url and not item:
            return None
        return self.url.format(relationship=quote(relationship, safe=""), item=quote(item, safe=""))


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise MisconfiguredError(f"{text!r} is no regular expression: {error}", 'write one such as "lead-.*"') from None
    return text


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise MisconfiguredError(f"{text!r} is no web address", "begin it with https://")
    try:
        named = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        named = [""]
    if ("relationship" not in named and "item" not in named) or not {*named} <= {*PLACES}:
        raise MisconfiguredError(
            f"{text!r} does not say whom it leads to", "write {relationship} or {item} where the id goes"
        )
    return text


def _named(text: str) -> str:
    if not text:
        raise MisconfiguredError("no event has an empty source", 'write one such as "/crm/eu", or "/crm/*" for several')
    return text


class LinkTable(Table):
    """One form of address."""

    url: Annotated[str, AfterValidator(_address)]
    ids: Annotated[str, AfterValidator(_pattern)] = ".*"
    clock: str = ""
    source: Annotated[str, AfterValidator(_named)] | None = None


def read_links(raw: Sequence[Any], findings: Findings) -> tuple[Link, ...]:
    """Read `[[links]]`; the first that fits leads to somebody."""
    read = [findings.read(LinkTable, item, ("links", number)) for number, item in enumerate(raw)]
    return tuple(
        Link(re.compile(one.ids), one.clock, one.url, None if one.source is None else re.compile(translate(one.source)))
        for one in read
        if one is not None
    )
