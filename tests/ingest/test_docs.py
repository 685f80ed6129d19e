"""The page about imports says everything that a mapping can say, and its mapping works."""

import re
from pathlib import Path

import pytest

from stream_app.ingest import mapping
from tests.ingest.writing import kinds, run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
PARTS = (mapping.Mapping, mapping.FileRule, mapping.Group, mapping.Column, mapping.EventRule, mapping.Predicate)
KEYS = sorted(
    {field.alias or name for part in PARTS for name, field in part.model_fields.items()} - {"file", "event", "columns"}
)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_explained(key):
    assert re.search(rf"`{key}`|`{{ {key} =|^{key} = ", PAGE, re.MULTILINE)


def test_the_mapping_of_the_page_works(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    rows = (
        "Lead;Created;Origin;Won at;Value\nL1;02.03.2026 10:00;WWW;05.03.2026;1.200,50\n"
        "L2;02.03.2026 11:00;K\u00f6ln;-;\n"
    )
    events, done = run(tmp_path, text, rows.encode("cp1252"))

    assert done.rejects.total == 0
    assert kinds(events) == ["lead.created", "lead.created", "deal.won"]
    assert [event["data"] for event in events] == [
        {"channel": "web"}, {"channel": "K\u00f6ln"}, {"deal_id": "deal-L1", "amount": 120_050, "currency": "EUR"},
    ]  # fmt: skip
    assert [event["time"] for event in events] == [
        "2026-03-02T09:00:00.000Z", "2026-03-02T10:00:00.000Z", "2026-03-04T23:00:00.000Z",
    ]  # fmt: skip
