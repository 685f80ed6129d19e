"""What a part keeps of somebody, where a test knows that it keeps something."""

from typing import TypeVar

from stream_app.journeys.state import Relationship, Slot

T = TypeVar("T")


def kept(slot: Slot[T], rel: Relationship) -> T:
    """The state of the slot's part."""
    state = slot.of(rel)
    assert state is not None
    return state
