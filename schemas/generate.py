"""The generated side of the contract: JSON Schemas and sample events as file texts."""

import json
from typing import Any

from schemas.json_schemas import json_schema
from schemas.registry import EVENTS
from schemas.sample_events import sample_events

GENERATED_FOLDERS = ("schemas/jsonschema", "schemas/examples")
"""Folders, relative to the repository, that hold nothing else than generated files."""


def generated_files() -> dict[str, str]:
    """Give every generated file of the contract: path relative to the repository, and content."""
    files: dict[str, str] = {}
    for name, model in EVENTS.items():
        files[f"schemas/jsonschema/{name}.json"] = _text(json_schema(model))
        files[f"schemas/examples/{name}.json"] = _text(sample_events(model))
    return files


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
