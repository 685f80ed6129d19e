"""`docs/openapi.yaml`: the API of the board, for programs that read OpenAPI 3.1."""

from stream_app.board.openapi import document
from stream_app.generate.yaml_text import yaml_text

PATH = "docs/openapi.yaml"


def openapi_files() -> dict[str, str]:
    """Return the document's text by its path."""
    return {PATH: yaml_text(document())}
