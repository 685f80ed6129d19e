"""Mappings and exports written for one test, and the events that come of them."""

import json
from pathlib import Path
from typing import Any

from stream_app.ingest.build import Import
from stream_app.ingest.load import load
from stream_app.ingest.match import match
from stream_app.ingest.order import by_time
from stream_app.ingest.rejects import Rejects

HEAD = """
name = "crm"
source = "/import/crm"
[[file]]
name = "rows"
key = "{id}"
time = "at"
"""
COLUMNS = """
[file.columns]
id = { required = true }
at = { type = "datetime", required = true }
what = "string"
"""
LEADS = HEAD + COLUMNS + '[[file.event]]\ntype = "lead.created"\ndata.channel = "{what}"\n'
CASES = (
    HEAD
    + COLUMNS
    + """
[file.group]
by = "id"
time = "at"
[[file.event]]
type = "case.opened"
on = "first"
id = ["id"]
data.case_id = "{id}"
[[file.event]]
type = "case.resolved"
when = { what = "done" }
data.case_id = "{id}"
[[file.event]]
type = "case.reopened"
when = { what = ["work", "ask"] }
first_after = { what = "done" }
data.case_id = "{id}"
[[file.event]]
type = "case.closed"
on = "last"
when = { what = { not = "work" } }
data.case_id = "{id}"
"""
)


def mapping_file(folder: Path, text: str) -> Path:
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(folder: Path, mapping: str, *exports: str | bytes | Path) -> tuple[list[dict[str, Any]], Import]:
    """Import *exports* (paths, or contents to be written first) and return the events in order, and the accounts."""
    words = load(mapping_file(folder, mapping))
    paths = []
    for number, export in enumerate(exports):
        if isinstance(export, Path):
            paths.append(export)
            continue
        paths.append(folder / f"export{number}.csv")
        paths[-1].write_bytes(export.encode() if isinstance(export, str) else export)
    with Rejects(folder / "rejects.csv") as rejects:
        done = Import(words, rejects)
        built = list(by_time(event for path in paths for event in done.events(path, match(words, path))))
    return [json.loads(event.value) for event in built], done


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("crm.").removesuffix(".v1") for event in events]
