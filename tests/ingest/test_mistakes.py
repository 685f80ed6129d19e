"""Mistakes in a mapping stop the import at once, with file, line, column and fix."""

import pytest

from stream_app.errors import UserError
from stream_app.ingest.load import load
from tests.ingest.writing import CASES, LEADS, mapping_file


def place(text: str, needle: str) -> str:
    """Return line:column of the first *needle* in *text*."""
    before = text[: text.index(needle)]
    return f"{before.count(chr(10)) + 1}:{len(before) - (before.rfind(chr(10)) + 1) + 1}"


# What to change in a good mapping, where the mistake then stands, and words that the message has.
MISTAKES = {
    "misspelt event": ('"lead.created"', '"lead.create"', 'type = "lead.create"', "Did you mean lead.created"),
    "misspelt field": ("data.channel", "data.chann", "data.chann", "Did you mean channel"),
    "missing field": ('data.channel = "{what}"', "", "", "needs the field 'channel'"),
    "unknown column in a template": ('"{what}"', '"{whatt}"', "data.channel", "Did you mean what"),
    "unknown column in the key": ('"{id}"', '"{Id}"', "key =", "no column is called 'Id'"),
    "unknown key": ('what = "string"', 'what = { kind = "string" }', "kind", "unknown key 'kind'"),
    "unknown type": ('what = "string"', 'what = "text"', "what", "string"),
    "unknown zone": ('source = "/import/crm"', 'source = "s"\nzone = "Rome"', "zone", "Europe/Rome"),
    "unknown encoding": ('time = "at"', 'time = "at"\nencoding = "utf9"', "encoding", "cp1252"),
    "bad time format": ('type = "datetime"', 'type = "datetime", formats = ["%Q"]', "formats", "%Q"),
    "format without codes": ('type = "datetime"', 'type = "datetime", formats = ["dd.mm"]', "formats", "no % code"),
    "option of another type": ('what = "string"', 'what = { type = "string", digits = 2 }', "digits", "money"),
    "time column holds no time": ('time = "at"', 'time = "what"', "time =", "holds no times"),
    "no time": ('time = "at"', "", "", "has no time"),
    "no key": ('key = "{id}"', "", "", "has no key"),
    "no name": ('name = "crm"', "", "", "'name' is missing"),
    "condition on an unknown column": (
        "data.channel", 'when = { wat = "x" }\ndata.channel', "wat", "no column is called 'wat'",
    ),
    "first row of no group": ("data.channel", 'on = "first"\ndata.channel', "", "[file.group]"),
    "taken from a column below": (
        'what = "string"', 'what = { fallback = "later" }\nlater = "string"', "fallback", "no column above",
    ),
    "seconds that are no number": (
        'what = "string"', 'what = "string"\nend = { of = "at", type = "datetime", plus = "what" }', "plus = ",
        "holds no numbers",
    ),
    "seconds added to no time": (
        'what = "string"', 'what = "string"\nn = "int"\nend = { plus = "n" }', "plus = ", "belongs to: datetime, date",
    ),
    "a time taken from a text": (
        'what = "string"', 'what = "string"\nend = { of = "what", type = "datetime" }', "of = ", "the same type",
    ),
    "two origins": ('what = "string"', 'what = "string"\nx = { of = "what", from = "y" }', "of = ", "Keep one"),
    "separators alike": ('what = "string"', 'what = { type = "int", thousands = "." }', "thousands", "different"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "needle", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place_and_its_fix(tmp_path, old, new, needle, words):
    text = LEADS.replace(old, new)
    assert text != LEADS
    path = mapping_file(tmp_path, text)

    with pytest.raises(UserError) as stopped:
        load(path)

    said = stopped.value.message + stopped.value.hint
    assert words in said
    assert f"{path}:{place(text, needle) if needle else ''}" in said


def test_all_mistakes_are_named_at_once(tmp_path):
    text = LEADS.replace('"lead.created"', '"lead.create"').replace('what = "string"', "what = { digits = 2 }")
    with pytest.raises(UserError) as stopped:
        load(mapping_file(tmp_path, text))

    assert "2 mistakes" in stopped.value.message
    assert len(stopped.value.hint.splitlines()) == 2


def test_two_rules_with_one_name_are_a_mistake(tmp_path):
    text = CASES + '[[file.event]]\ntype = "case.closed"\ndata.case_id = "{id}"\n'
    with pytest.raises(UserError, match="mistakes") as stopped:
        load(mapping_file(tmp_path, text))

    assert "two rules are called 'case.closed'" in stopped.value.hint


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param('name = "a"\nsource = b\n', ":2:10: ", id="no quotes"),
        pytest.param('name = "a"\n[[file]\n', ":2:", id="a bracket is missing"),
        pytest.param('name = "a"\nname = "b"\n', ":2:", id="twice"),
    ],
)
def test_text_that_is_no_toml_is_pointed_at(tmp_path, text, where):
    path = mapping_file(tmp_path, text)
    with pytest.raises(UserError) as stopped:
        load(path)

    assert stopped.value.message.startswith(f"{path}{where}")


def test_a_mapping_that_is_not_there_is_a_mistake_too(tmp_path):
    with pytest.raises(UserError, match="cannot read the mapping"):
        load(tmp_path / "none.toml")
