"""What tells the policies of one file from those of another."""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any


def fingerprint(path: Path | None = None) -> str:
    """Return a short digest of what the file at *path* says, whatever its comments, spaces and order of tables."""
    said = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
    return sha256(repr(_sorted(said)).encode()).hexdigest()[:16]


def _sorted(value: Any) -> Any:
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
