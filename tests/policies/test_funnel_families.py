"""A funnel follows relationships, so an event about a user or a campaign is no step of it."""

import pytest

from stream_app.errors import UserError
from stream_app.policies import parse

FUNNEL = """
[funnels.mine]
steps = [{{ name = "in", event = "lead.created" }}, {{ name = "out", event = "{event}" }}]
"""


@pytest.mark.parametrize("event", ["user.logged_in", "activity.completed", "campaign.launched", "goal.set"])
def test_an_event_of_another_family_is_no_step(event):
    with pytest.raises(UserError, match=f"{event} is not about a relationship"):
        parse(FUNNEL.format(event=event))


def test_a_misspelt_event_is_still_unknown():
    with pytest.raises(UserError, match=r"unknown event 'user\.sneezed'"):
        parse(FUNNEL.format(event="user.sneezed"))
