"""Read a mapping file, or stop with every mistake in it: file, line, column and fix."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stream_app.errors import UserError
from stream_app.ingest.check import Problem, problems
from stream_app.ingest.mapping import Column, EventRule, FileRule, Group, Mapping, Predicate
from stream_app.places import Places

_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)")


def load(path: Path) -> Mapping:
    """Return the mapping in *path*.

    Raises:
        UserError: The file cannot be read, is no TOML, or holds mistakes; all of them are named at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"cannot read the mapping {path}: {error.strerror}", "Check the path.") from error
    except UnicodeError as error:
        raise UserError(f"the mapping {path} is not UTF-8: {error}", "Save it as UTF-8.") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(_syntax(path, text, str(error)), "Text needs quotes, lists need brackets.") from error
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        raise _mistakes(path, text, [_problem(e) for e in _causes(error.errors(include_url=False))]) from None
    if found := list(problems(mapping)):
        raise _mistakes(path, text, found)
    return mapping


def _syntax(path: Path, text: str, message: str) -> str:
    if place := _TOML_PLACE.search(message):
        return f"{path}:{place[1]}:{place[2]}: {message.replace(place[0], '')}"
    return f"{path}:{text.count(chr(10)) + 1}:1: {message}"


def _causes(errors: list[Any]) -> list[Any]:
    """Leave out that a list is too short where only wrong items made it so."""

    def follows(one: Any) -> bool:
        depth = len(one["loc"])
        return one["type"] == "too_short" and any(
            len(other["loc"]) > depth and other["loc"][:depth] == one["loc"] for other in errors
        )

    return [error for error in errors if not follows(error)]


def _problem(error: Any) -> Problem:
    """Translate one pydantic error into the words of the mapping."""
    name = error["loc"][-1] if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden":
            message, fix = f"unknown key {name!r}", _nearest(str(name))
        case "missing":
            message, fix = f"the key {name!r} is missing", f"Add {name} = ..."
        case _:
            message, fix = f"{name}: {error['msg']}", ""
    return Problem(tuple(error["loc"]), message, fix)


def _nearest(name: str) -> str:
    known = {
        field.alias or key
        for part in (Mapping, FileRule, Group, Column, EventRule, Predicate)
        for key, field in part.model_fields.items()
    }
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else "Remove it."


def _mistakes(path: Path, text: str, found: list[Problem]) -> UserError:
    places = Places(text)
    lines = dict.fromkeys((*places.of(problem.path), f"{problem.message}. {problem.fix}".rstrip()) for problem in found)
    shown = [f"{path}:{line}:{column}: {message}" for line, column, message in sorted(lines)]
    if len(shown) == 1:
        return UserError(shown[0])
    return UserError(f"{len(shown)} mistakes in the mapping {path}", "\n".join(shown))
