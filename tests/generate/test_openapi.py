"""The OpenAPI document in the docs is the one that the board serves."""

import json

import yaml

from stream_app.board.openapi import document
from stream_app.generate.openapi import PATH, openapi_files


def test_the_file_says_what_the_board_serves():
    assert yaml.safe_load(openapi_files()[PATH]) == json.loads(json.dumps(document()))
