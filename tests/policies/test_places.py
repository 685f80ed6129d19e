"""Where the keys of a TOML text are."""

import pytest

from stream_app.places import Places

TEXT = '''\
top = 1
quoted."a key" = 2   # nothing = here
long = """
[not.a.table]
not_a_key = 1
"""
list = [
    "one",  # , [ {
    "two ] , three", "four",
    { name = "five", where = { x = 1 } },
]

[a.b]
key = [1, 2]
inline = { x = 1, "y" = { z = 2 } }

[[rows]]
first = 1

[[rows]]
second = 2
[rows.inner]
deep = 3
[[rows.more]]
more = 4
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("top",), 1, 1),
        (("quoted", "a key"), 2, 1),
        (("list",), 7, 1),
        (("list", 0), 8, 5),
        (("list", 1), 9, 5),
        (("list", 2), 9, 22),
        (("list", 3), 10, 5),
        (("list", 3, "name"), 10, 7),
        (("list", 3, "where", "x"), 10, 32),
        (("a", "b"), 13, 2),
        (("a", "b", "key", 1), 14, 11),
        (("a", "b", "inline", "y", "z"), 15, 27),
        (("a", "b", "missing"), 13, 2),
        (("rows", 0, "first"), 18, 1),
        (("rows", 1), 20, 3),
        (("rows", 1, "second"), 21, 1),
        (("rows", 1, "inner", "deep"), 23, 1),
        (("rows", 1, "more", 0, "more"), 25, 1),
        (("nowhere", "at", "all"), 1, 1),
        (("not", "a", "table"), 1, 1),
        (("not_a_key",), 1, 1),
    ],
    ids=lambda value: ".".join(map(str, value)) or "document" if isinstance(value, tuple) else str(value),
)
def test_place(path, line, column):
    """A key is found on its line, or else the nearest table or key around it."""
    assert Places(TEXT).of(path) == (line, column)


@pytest.mark.parametrize("text", ["", "\n", "a = [", 'a = "', "a = [1,\n2", "[[a]]"], ids=repr)
def test_any_text_has_places(text):
    """Asking for a place never fails, whatever the text."""
    line, column = Places(text).of(("a", 0, "b"))
    assert line >= 1
    assert column >= 1
