"""Which changes of a policies file make another edition of it, and which of them change how events are folded."""

import pytest

from stream_app.document import Document
from stream_app.policies.fingerprint import edition, fingerprint

BEFORE = '[[goals]]\nkpi = "win_ratio"\nat_least = 0.3\n'


def document(text: str) -> Document:
    return Document(text, "policies.toml")


@pytest.mark.parametrize(
    ("after", "another_edition", "other_folding"),
    [
        pytest.param(f"# why\n{BEFORE}", False, False, id="a comment"),
        pytest.param(BEFORE.replace("0.3", "0.4"), True, False, id="another goal"),
        pytest.param(f'lateness = "3h"\n{BEFORE}', True, True, id="another horizon"),
    ],
)
def test_what_makes_another_edition(after, another_edition, other_folding):
    first, second = document(BEFORE), document(after)
    assert (edition(first) != edition(second)) is another_edition
    assert (fingerprint(first) != fingerprint(second)) is other_folding


def test_the_defaults_have_an_edition_too():
    assert edition() == edition(document("")) != ""
