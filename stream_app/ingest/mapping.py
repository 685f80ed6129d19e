"""The mapping file: which columns of a CRM export become which events, as its author writes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ColumnType = Literal["string", "int", "float", "bool", "datetime", "date", "money"]


class Part(BaseModel):
    """A table of the mapping: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _short(value: object) -> object:
    """Read the short form of a column, ``origin = "string"``, as ``{ type = "string" }``."""
    return {"type": value} if isinstance(value, str) else value


class Column(Part):
    """One column that the events use: where it is, what it holds, what stands for nothing."""

    type: ColumnType = "string"
    from_: str | tuple[str, ...] | None = Field(
        None, alias="from", description="Header name, where it differs from the key; or several, to be joined."
    )
    join: str = Field(" ", description="What stands between the cells of several headers.")
    of: str | None = Field(None, description="In place of a cell: the value of a column that stands above.")
    fallback: str | None = Field(None, description="Column that stands above and is taken where the value is missing.")
    plus: str | None = Field(None, description="Times: column that stands above, of seconds to add.")
    required: bool = Field(default=False, description="A row without it is rejected.")
    missing: tuple[str, ...] = Field(("",), description="Texts that stand for 'no value', after trimming.")
    default: str | int | float | bool | None = Field(None, description="Taken where the value is missing.")
    map: dict[str, str | int | float | bool] | None = Field(None, description="Text found -> value used.")
    unmapped: Literal["reject", "keep", "missing"] = Field(
        "reject", description="What to do with a text that the map does not name."
    )
    formats: tuple[str, ...] = Field(
        ("iso",), description="Times: strptime formats in the order tried, or iso, unix_s, unix_ms."
    )
    zone: str | None = Field(None, description="Zone of times written without one; else the mapping's.")
    decimal: Literal[".", ","] = Field(".", description="Numbers and money: the decimal separator.")
    thousands: Literal["", ",", ".", " ", "'"] = Field("", description="Numbers and money: the group separator.")
    times: float | None = Field(None, description="Numbers: what each is multiplied by, 60 for minutes in seconds.")
    digits: int = Field(2, ge=0, le=4, description="Money: digits of the minor unit, 2 for cents.")
    true: tuple[str, ...] = Field(("true", "t", "yes", "y", "1"), description="Bool: texts for yes, in any case.")
    false: tuple[str, ...] = Field(("false", "f", "no", "n", "0"), description="Bool: texts for no, in any case.")


class Predicate(Part):
    """A condition on one column that is more than 'equals' or 'is one of'."""

    present: bool | None = Field(None, description="true: has a value; false: has none.")
    not_: tuple[Any, ...] | str | int | float | bool | None = Field(None, alias="not", description="Is none of these.")


Condition = dict[str, Predicate | tuple[Any, ...] | str | int | float | bool]
"""Column -> a value, a list of values (any of them), or a `Predicate`; all columns must hold."""


class EventRule(Part):
    """One event that a row may become."""

    type: str = Field(description="Event type in its short form, such as lead.created.")
    name: str | None = Field(None, description="Name of the rule, part of the event id; else the type.")
    key: str | None = Field(None, description="Relationship id, a template; else the file's.")
    time: str | None = Field(None, description="Column with the event's time; else the file's.")
    id: tuple[str, ...] | None = Field(
        None, description="Columns that make the event's id; else the file's; else the whole row."
    )
    when: Condition = Field(default_factory=dict, description="Only rows that match; else every row.")
    on: Literal["every", "first", "last"] = Field(
        "every", description="In a grouped file: every row, or the earliest or latest row of each group."
    )
    first_after: Condition | None = Field(
        None,
        description="In a grouped file: only the first row (of those that `when` takes) that is strictly later "
        "than a row that matches this; armed again by the next row that matches this.",
    )
    data: dict[str, Any] = Field(default_factory=dict, description="Field -> constant or template.")


class Group(Part):
    """Rows that belong together, such as the rows of one case; they are read in order of time."""

    by: str = Field(description="Column with the group's id.")
    time: str = Field(description="Column with the row's time.")


class FileRule(Part):
    """One kind of file: how to recognise and read it, and what its rows become."""

    name: str = Field(min_length=1, max_length=60)
    header: tuple[str, ...] = Field((), description="A file with all these columns is of this kind.")
    format: Literal["csv", "jsonl"] = "csv"
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = Field("utf-8", description="A byte order mark is dropped.")
    key: str | None = None
    time: str | None = None
    id: tuple[str, ...] | None = None
    repeats: Literal["once", "each"] = Field(
        "once", description="Rows with the same id columns: the same event, or one event each (numbered)."
    )
    group: Group | None = None
    columns: dict[str, Annotated[Column, BeforeValidator(_short)]] = Field(min_length=1)
    event: tuple[EventRule, ...] = Field(min_length=1)

    def headers(self, name: str) -> tuple[str, ...]:
        """Return the header names of the cells that the column *name* is made of, those of other columns included."""
        column = self.columns[name]
        own = (column.from_ or name,) if not isinstance(column.from_, tuple) else column.from_
        others = [other for other in (column.of, column.fallback, column.plus) if other is not None]
        found = [*(own if column.of is None else ()), *(header for other in others for header in self.headers(other))]
        return tuple(dict.fromkeys(found))


class Mapping(Part):
    """A whole mapping file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)
    source: str = Field(min_length=1, max_length=200, description="CloudEvents source of every event.")
    zone: str = Field("UTC", description="Zone of times written without one.")
    file: tuple[FileRule, ...] = Field(min_length=1)
