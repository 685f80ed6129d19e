"""What tells the policies of one file from those of another."""

import tomllib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from stream_app.document import Document
from stream_app.policies.rates import rates_name

NOT_FOLDED: Final = frozenset({"goals", "thresholds", "slo", "owners", "links", "alerts"})
"""Tables that only readers look at: what was counted does not depend on them."""


def fingerprint(origin: Path | Document | None = None) -> str:
    """Return a short digest of what the policies say about folding, whatever comments, spaces and order of tables.

    The rates that they name are a part of it.
    """
    if origin is None:
        return _digest({}, None)
    said, rates = _read(origin)
    return _digest({name: table for name, table in said.items() if name not in NOT_FOLDED}, rates)


def edition(origin: Path | Document | None = None) -> str:
    """Return a short digest of all that the policies say, goals and names among it: it tells editions apart."""
    return _digest({}, None) if origin is None else _digest(*_read(origin))


def inlined(document: Document) -> Document:
    """Return *document*, which is valid, with the files that it names in it, so that it can be read anywhere."""
    name = rates_name(tomllib.loads(document.text).get("money"))
    return document.whole(*([] if name is None else [name]))


def _read(origin: Path | Document) -> tuple[dict[str, Any], str | None]:
    document = origin if isinstance(origin, Document) else Document.read(origin)
    said = tomllib.loads(document.text)
    return said, _rates(document, said)


def _rates(document: Document, said: dict[str, Any]) -> str | None:
    name = rates_name(said.get("money"))
    with suppress(OSError, UnicodeDecodeError):  # refused where it is read
        return None if name is None else document.file(name)
    return None


def _digest(said: dict[str, Any], rates: str | None) -> str:
    digest = sha256(repr(_sorted(said)).encode())
    if rates is not None:
        digest.update(rates.encode())
    return digest.hexdigest()[:16]


def _sorted(value: Any) -> Any:
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
