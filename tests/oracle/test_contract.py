"""The oracle reads every type of event that the contract has, as it is published."""

import json
from pathlib import Path

import pytest

from schemas import EVENTS
from tests.oracle.contract import FIELDS, SAME_TIME
from tests.oracle.reading import read

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"


def test_the_oracle_knows_every_type_and_its_place():
    types = {name.removeprefix("crm.").removesuffix(".v1") for name in EVENTS}

    assert set(FIELDS) == types == set(SAME_TIME)


@pytest.mark.parametrize("name", EVENTS)
def test_the_oracle_knows_every_field(name):
    known = {word.partition(":")[0] for word in FIELDS[name.removeprefix("crm.").removesuffix(".v1")].split()}
    required = {f"*{field}" for field, one in EVENTS[name].model_fields.items() if one.is_required()}

    assert {word.removeprefix("*") for word in known} == set(EVENTS[name].model_fields)
    assert {word for word in known if word.startswith("*")} == required


@pytest.mark.parametrize("name", EVENTS)
def test_the_oracle_reads_the_examples(name):
    for example in json.loads((EXAMPLES / f"{name}.json").read_text()).values():
        event = read(example.get("subject", "ada").encode(), json.dumps(example).encode())

        assert f"crm.{event.type}.v1" == name
