"""YAML of plain JSON values, as people like to read it: blocks, and quotes where a text needs them."""

import json
import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

_WIDE = 80
# Anything that YAML could take for something else than a text is quoted; JSON's quotes are YAML's.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def yaml_text(value: Any) -> str:
    """Return *value* (dicts, lists, texts, numbers, booleans, None) as a YAML document."""
    return "\n".join(_lines(value, 0)) + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, dict):
        for key, held in value.items():
            if _is_block(held):
                yield f"{indent}{_scalar(key)}:"
                yield from _lines(held, depth + 1)
            elif isinstance(held, str) and len(held) > _WIDE and held == " ".join(held.split()):
                yield f"{indent}{_scalar(key)}: >-"
                yield from (
                    f"{indent}  {line}" for line in wrap(held, _WIDE, break_long_words=False, break_on_hyphens=False)
                )
            else:
                yield f"{indent}{_scalar(key)}: {_scalar(held)}"
        return
    for item in value:
        if _is_block(item):
            first, *rest = _lines(item, depth + 1)
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(item)}"


def _is_block(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
