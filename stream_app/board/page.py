"""The landing page: one self-contained HTML document made of three files."""

import base64
import hashlib
import html
from functools import cache
from importlib.resources import files

from stream_app import __version__


@cache
def document() -> str:
    """Return the page with its style and script inside, so that it needs nothing but the board."""
    style, script = _part("landing.css"), _part("landing.js")
    return (
        _part("index.html")
        .replace("/*style*/", style)
        .replace("/*script*/", script)
        .replace("{version}", html.escape(__version__))
    )


@cache
def policy() -> str:
    """Return the content security policy: our own script by its hash, our own API, nothing else."""
    return "; ".join((
        "default-src 'none'",
        f"style-src '{_hash(_part('landing.css'))}'",
        f"script-src '{_hash(_part('landing.js'))}'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ))  # fmt: skip


@cache
def _part(name: str) -> str:
    return (files("stream_app.board") / "landing" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
