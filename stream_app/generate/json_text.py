"""JSON that people can read in a diff: what fits in a line is in one line, all else is indented."""

import json
from typing import Any

WIDTH = 120


def json_text(value: Any) -> str:
    """Return *value* with sorted keys, and a line break at the end."""
    return "".join(_written(value, 0)) + "\n"


def _written(value: Any, depth: int, before: int = 0) -> list[str]:
    """Return *value* in pieces; *before* is how much of the line its key has taken."""
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or depth + before + len(flat) < WIDTH:
        return [flat]
    inner = " " * (depth + 1)
    pieces = []
    if isinstance(value, dict):
        for name in sorted(value):
            key = f"{json.dumps(name, ensure_ascii=False)}: "
            pieces.append([inner, key, *_written(value[name], depth + 1, len(key) + 1)])
        opening, closing = "{", "}"
    else:
        pieces = [[inner, *_written(one, depth + 1, 1)] for one in value]
        opening, closing = "[", "]"
    lines = ",\n".join("".join(piece) for piece in pieces)
    return [opening, "\n", lines, "\n", " " * depth, closing]
