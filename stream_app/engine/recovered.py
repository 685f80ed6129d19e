"""State read back with all that it is judged by: for the worker at a rebalance, and for whoever looks it over."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from stream_app.engine.manifest import TopicIds
from stream_app.engine.restore import RestoreCancelledError, restore
from stream_app.engine.soundness import Expected, Found
from stream_app.engine.surroundings import QuestionCancelledError, Seen, committed, patiently, topics_seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from stream_app.engine.agent import AgentSpec
    from stream_app.settings import Settings


def recover(
    settings: Settings, spec: AgentSpec, numbers: Sequence[int], cancelled: Event
) -> dict[int, tuple[Expected, Found]]:
    """Read partitions of an agent's state, and what they have to agree with; blocking, call it in a thread.

    Raises RestoreCancelledError soon after ``cancelled`` is set, and what ``restore`` raises.
    """
    try:
        # Before the state: what is committed by then must be in it.
        offsets = patiently(partial(committed, settings, spec.source, numbers), cancelled)
        seen = patiently(partial(topics_seen, settings, (spec.source, spec.cells, spec.journeys)), cancelled)
    except QuestionCancelledError:
        raise RestoreCancelledError from None
    topics = [seen[name] or Seen("", 0) for name in (spec.source, spec.cells, spec.journeys)]
    expected = Expected(
        spec.source,
        spec.cells,
        spec.journeys,
        TopicIds(*(topic.id for topic in topics)),
        spec.schema,
        spec.rules,
        topics[0].partitions,
    )
    merges = restore(settings, [(topic, n) for n in numbers for topic in (spec.cells, spec.journeys)], cancelled)
    return {
        n: (expected, Found(n, merges[spec.cells, n], merges[spec.journeys, n], offsets.get(n, -1))) for n in numbers
    }
