"""Mend a refused record: set fields of its JSON, in structured and in binary mode."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stream_app.errors import UserError
from stream_app.ingest.letters import Headers, Letter


class Unmendable(ValueError):
    """This letter cannot be changed field by field; the message says why."""


def assignments(texts: Sequence[str]) -> list[tuple[str, Any]]:
    """Return the path and the value of each ``data.channel=web``; a value that is JSON is taken as JSON.

    Raises:
        UserError: One is no assignment.
    """
    changes = []
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise UserError(f"--set {text!r} is no assignment", "Write it like --set data.channel=web.")
        try:
            changes.append((path, json.loads(value)))
        except ValueError:
            changes.append((path, value))
    return changes


def mend(letter: Letter, changes: Sequence[tuple[str, Any]]) -> tuple[bytes | None, Headers]:
    """Return value and headers of *letter* with *changes* made; untouched bytes where there are none.

    Raises:
        Unmendable: The value is no JSON object, or a path leads nowhere.
    """
    if not changes:
        return letter.value, letter.headers
    binary = any(name == "ce_type" for name, _ in letter.headers)
    headers = list(letter.headers)
    try:
        document = json.loads(letter.value or b"")
    except (ValueError, RecursionError) as error:
        raise Unmendable(f"the value is no JSON: {error}; give a whole one with --value FILE") from None
    for path, value in changes:
        keys = path.split(".")
        if not binary:
            _set(document, keys, value)
        elif keys[0] == "data":
            _set(document, keys[1:], value)
        else:  # in binary mode the attributes of the envelope are headers
            text = value if isinstance(value, str) else json.dumps(value)
            headers = [header for header in headers if header[0] != f"ce_{path}"]
            headers.append((f"ce_{path}", text.encode()))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), headers


def _set(document: Any, keys: Sequence[str], value: Any) -> None:
    """Put *value* at the end of the path *keys*, making tables on the way; a list is entered by position."""
    if not keys:
        raise Unmendable("name a field after `data.`")
    for key in keys[:-1]:
        if isinstance(document, dict):
            document = document.setdefault(key, {})
        else:
            document = _item(document, key)
    if isinstance(document, dict):
        document[keys[-1]] = value
    else:
        _item(document, keys[-1])
        document[int(keys[-1])] = value


def _item(document: Any, key: str) -> Any:
    if not isinstance(document, list):
        raise Unmendable(f"there is no table that could hold {key!r}")
    if not key.isdigit() or int(key) >= len(document):
        raise Unmendable(f"the list has {len(document)} items, none is {key!r}")
    return document[int(key)]
