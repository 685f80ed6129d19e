"""The pages for people: self-contained HTML documents, each made of the files of its folder."""

import base64
import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from aiohttp import web

from stream_app import __version__


@dataclass(frozen=True)
class Document:
    """A page with its styles and scripts inside, so that it needs nothing but the board, and no other site.

    Attributes:
        folder: Where its files are, below this package; `index.html` has a mark for styles and one for scripts.
        styles: Names of the style sheets, in order.
        scripts: Names of the scripts, in order.
        forms: Whether it has a form that is sent to the board.
    """

    folder: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...] = ()
    forms: bool = False

    @cached_property
    def text(self) -> str:
        """Return the document."""
        style = "".join(f"<style>{self._part(name)}</style>" for name in self.styles)
        script = "".join(f"<script>{self._part(name)}</script>" for name in self.scripts)
        return (
            self._part("index.html")
            .replace("<!--styles-->", style)
            .replace("<!--scripts-->", script)
            .replace("{version}", html.escape(__version__))
        )

    @cached_property
    def policy(self) -> str:
        """Return the content security policy: our own styles and scripts by their hashes, our own API, nothing else."""
        scripts = " ".join(self._hash(name) for name in self.scripts) or "'none'"
        forms = "'self'" if self.forms else "'none'"
        return "; ".join((
            "default-src 'none'",
            f"style-src {' '.join(self._hash(name) for name in self.styles)}",
            f"script-src {scripts}",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            f"form-action {forms}",
            "frame-ancestors 'none'",
        ))  # fmt: skip

    def answer(self, content: Mapping[str, str] | None = None, status: int = 200) -> web.Response:
        """Return the response that carries it, with *content*, which is HTML, in place of the marks of these names."""
        text = self.text
        for mark, part in (content or {}).items():
            text = text.replace(f"<!--{mark}-->", part)
        headers = {"Content-Security-Policy": self.policy}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    def _part(self, name: str) -> str:
        return _read(self.folder, name)

    def _hash(self, name: str) -> str:
        digest = hashlib.sha256(self._part(name).encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _read(folder: str, name: str) -> str:
    return files("stream_app.board").joinpath(folder, name).read_text(encoding="utf-8")


WORDS = "../words/words.js"
"""How figures and times are said, for all pages."""
LOOK = "../landing/landing.css"
"""Colours, header, tables: how every page but the wall looks."""
CHARTS, CHARTS_LOOK = "../charts/uplot.min.js", "../charts/uplot.min.css"

LANDING = Document("landing", ("landing.css",), (WORDS, "landing.js"))
CLOCKS = Document("clocks_page", (LOOK, "clocks.css"), (WORDS, "clocks.js"))
KPI = Document("kpi_page", (CHARTS_LOOK, LOOK, "kpi.css"), (CHARTS, WORDS, "kpi.js"))
WALL = Document("wall", (CHARTS_LOOK, "wall.css"), (CHARTS, WORDS, "wall.js"))
LOGIN = Document("login", (LOOK, "login.css"), ("login.js",), forms=True)
RUNBOOK = Document("runbook_page", (LOOK, "runbook.css"))
