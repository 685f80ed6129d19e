"""All generated files of the repository: what they should hold, and which of them are stale."""

from collections.abc import Mapping
from pathlib import Path

from schemas.generate import GENERATED_FOLDERS
from schemas.generate import generated_files as contract_files
from schemas.published import published_file

WHOLLY_GENERATED = (*GENERATED_FOLDERS, "grafana/dashboards", "prometheus/rules", "prometheus/tests", "docs/runbooks")
"""Folders in which every file is generated, so that one too many is stale as well."""


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path below the repository, POSIX style."""
    from stream_app.generate.asyncapi import asyncapi_files
    from stream_app.generate.dashboards import dashboard_files
    from stream_app.generate.docs import doc_files
    from stream_app.generate.openapi import openapi_files
    from stream_app.generate.rules import rule_files
    from stream_app.kpis import CATALOGUE

    kpis = tuple(CATALOGUE.values())
    described = (asyncapi_files(), openapi_files())
    parts = (contract_files(), published_file(), *described, dashboard_files(kpis), doc_files(kpis), rule_files())
    return {path: text for part in parts for path, text in part.items()}


def stale(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return why a file below *root* differs from *files* ("missing", "out of date", "left over"), by path."""
    found: dict[str, str] = {}
    for path, text in files.items():
        target = root / path
        if not target.is_file():
            found[path] = "missing"
        elif target.read_text(encoding="utf-8") != text:
            found[path] = "out of date"
    for folder in WHOLLY_GENERATED:
        for target in sorted((root / folder).rglob("*")):
            path = target.relative_to(root).as_posix()
            if target.is_file() and path not in files:
                found[path] = "left over"
    return found


def write(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Make the files below *root* equal to *files* and return what was stale before, as `stale` does."""
    found = stale(root, files)
    for path, why in found.items():
        target = root / path
        if why == "left over":
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8")
    return found
