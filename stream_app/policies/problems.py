"""Everything that is wrong in a policies file, each with its place and its fix, told at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from stream_app.calendars import MisconfiguredError
from stream_app.errors import UserError
from stream_app.places import Path, Places
from stream_app.policies.tables import Table

T = TypeVar("T", bound=Table)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: its key, the line it is on if that is known, and what to write instead."""

    key: str
    line: int | None
    message: str
    fix: str


class PoliciesError(UserError):
    """Refuse a policies file, naming all its problems.

    Attributes:
        problems: In the order of their lines.
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        count = f"{len(self.problems)} problem{'' if len(self.problems) == 1 else 's'}"
        super().__init__(
            "\n".join([f"{source} has {count}:", *(_line(source, problem) for problem in self.problems)]),
            "Nothing was started. The file examples/policies.toml shows every key.",
        )


class Findings:
    """Collect the problems of one file while its tables are read."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.problems: list[Problem] = []

    def add(self, path: Path, message: str, fix: str) -> None:
        """Note a problem at *path*."""
        line, _ = self._places.of(path)
        self.problems.append(Problem(dotted(path), line, message, fix))

    def refuse(self, path: Path, error: MisconfiguredError) -> None:
        """Note what *error* says, at *path*."""
        self.add(path, error.message, error.fix)

    def read(self, table: type[T], raw: object, path: Path) -> T | None:
        """Return *raw* as a *table*; where that cannot be, note every reason and return None."""
        try:
            return table.model_validate(raw)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False):
                self.add(path + error["loc"], *_explain(table, error))
            return None

    def salvage(self, table: type[T], raw: object, path: Path = ()) -> T:
        """Return *raw* as a *table* with every key that can be read, all others at their defaults.

        So one wrong key does not hide what is wrong in the rest of the file.
        """
        read = self.read(table, raw, path)
        if read is not None:
            return read
        good: dict[str, Any] = {}
        for key, value in raw.items() if isinstance(raw, dict) else ():
            try:
                table.model_validate({key: value})
            except ValidationError:
                continue
            good[key] = value
        try:
            return table.model_validate(good)
        except ValidationError:  # each key is fine by itself, but not beside another
            return table.model_validate({})


def dotted(path: Path) -> str:
    """Write a path for people, who count from one: ``funnels.sales.steps#3.event``."""
    text = ""
    for part in path:
        text += f"#{part + 1}" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "the file"


def similar(name: str, known: Iterable[str]) -> str:
    """Suggest the names among *known* that are close to *name*, or else all of them."""
    names = sorted(known)
    return " or ".join(get_close_matches(name, names, n=2) or names) or "(there are none)"


def _explain(table: type[Table], error: Any) -> tuple[str, str]:
    """Turn a pydantic error into what is wrong and what to do."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, MisconfiguredError):
        return cause.message, cause.fix
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "missing":
        return f"{name} is missing", f"add {name} = ..."
    if error["type"] == "extra_forbidden":
        keys = [field.alias or key for key, field in table.model_fields.items()]
        return f"unknown key {name!r}", f"write {similar(name, keys)}"
    # "Input should be greater than 0" reads well as an order.
    wanted = re.sub(r"^Input should (be|have) ", "", error["msg"])
    wanted = re.sub(r"^(less|greater) ", r"a number \1 ", wanted)
    return f"{error['input']!r} is not accepted", f"write {wanted}"


def _line(source: str, problem: Problem) -> str:
    place = source if problem.line is None else f"{source}:{problem.line}"
    return f"  {place}: {problem.key}: {problem.message}; {problem.fix}"
