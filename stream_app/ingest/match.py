"""Which file rule reads which export: by the columns in its header."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from stream_app.errors import UserError
from stream_app.ingest.mapping import FileRule, Mapping
from stream_app.ingest.rows import header


def match(mapping: Mapping, path: Path) -> FileRule:
    """Return the file rule of *mapping* for the export *path*.

    Raises:
        UserError: No rule, or more than one, knows such a header; or the header lacks a column that is used.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path}", "Check the path.")
    headers = {rule.name: header(path, rule) for rule in mapping.file}
    fitting = [rule for rule in mapping.file if set(rule.header) <= set(headers[rule.name])]
    if not fitting:
        known = "\n".join(f"  {rule.name}: {', '.join(rule.header)}" for rule in mapping.file)
        found = ", ".join(headers[mapping.file[0].name][:20]) or "nothing that can be read as a header"
        raise UserError(
            f"{path}: no [[file]] of the mapping {mapping.name} knows this header",
            f"The file has: {found}\nThe mapping knows:\n{known}\nIs the delimiter or the encoding another one?",
        )
    if len(fitting) > 1:
        names = " and ".join(rule.name for rule in fitting)
        raise UserError(
            f"{path}: its header fits {names}", "Name more columns in their `header`, so that only one fits."
        )
    _complete(path, fitting[0], headers[fitting[0].name])
    return fitting[0]


def _complete(path: Path, rule: FileRule, found: list[str]) -> None:
    """Stop where a column that the mapping reads is not in the file (JSON objects may lack any key)."""
    if rule.format != "csv":
        return
    lacking = [header for name in rule.columns for header in rule.headers(name) if header not in found]
    lacking = list(dict.fromkeys(lacking))
    if lacking:
        near = [close for name in lacking for close in get_close_matches(name, found, n=1, cutoff=0.6)]
        hint = f"Close names in the file: {', '.join(near)}. " if near else f"The file has: {', '.join(found)}. "
        raise UserError(
            f"{path}:1: the file has no column {', '.join(map(repr, lacking))}, which {rule.name!r} reads",
            hint + 'Set `from = "..."` of the column to its name in the file.',
        )
