"""What tells the policies of one file from those of another."""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

from stream_app.policies.rates import rates_file


def fingerprint(path: Path | None = None) -> str:
    """Return a short digest of what the file at *path* says, whatever its comments, spaces and order of tables.

    The rates that it names are a part of it.
    """
    said = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
    digest = sha256(repr(_sorted(said)).encode())
    rates = None if path is None else rates_file(said.get("money"), path.parent)
    if rates is not None:
        digest.update(rates.read_bytes())
    return digest.hexdigest()[:16]


def _sorted(value: Any) -> Any:
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
