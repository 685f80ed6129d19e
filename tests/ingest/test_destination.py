"""Each event goes into the topic of its family, in either mode of CloudEvents."""

import pytest

from stream_app.ingest.destination import Destinations
from stream_app.settings import Settings

WHERE = Destinations(Settings(users_topic="seats").sources)
BINARY = [("ce_specversion", b"1.0"), ("ce_type", b"crm.goal.set.v1")]


@pytest.mark.parametrize(
    ("value", "headers", "topic"),
    [
        pytest.param(b'{"id": "1", "type": "crm.lead.created.v1"}', [], "crm.relationships", id="relationship"),
        pytest.param(b'{"type": "crm.user.logged_in.v1"}', [], "seats", id="user"),
        pytest.param(b'{"type": "crm.activity.due.v1"}', [("trace", b"x")], "seats", id="what a user does"),
        pytest.param(b'{"type": "crm.cost.recorded.v1"}', [], "crm.campaigns", id="campaign"),
        pytest.param(b'{"kpi": "win_ratio"}', BINARY, "crm.campaigns", id="binary mode"),
        pytest.param(b'{"type": "crm.lead.created.v1"}', BINARY, "crm.campaigns", id="headers say more than data"),
        pytest.param(b'{"type": "crm.lead.lost.v9"}', [], None, id="unknown type"),
        pytest.param(b'{"type": 7}', [], None, id="no type"),
        pytest.param(b"{", [], None, id="no JSON"),
        pytest.param(b'{"type": "\xff"}', [], None, id="no UTF-8"),
        pytest.param(None, [], None, id="tombstone"),
    ],
)
def test_the_type_tells_the_topic(value, headers, topic):
    assert WHERE.of(value, headers) == topic
