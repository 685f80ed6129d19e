"""The topics of state versions: which exist, and the end of those that are over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stream_app.engine import topics
from stream_app.engine.clients import confluent
from stream_app.errors import UserError

if TYPE_CHECKING:
    from stream_app.settings import Settings

_SECONDS = 30.0


def versions(settings: Settings) -> dict[int, list[str]]:
    """Return the state topics of this installation by version."""
    pattern = re.compile(rf"{re.escape(settings.app_id)}\.v(\d+)\.")
    found: dict[int, list[str]] = {}
    for name in AdminClient(confluent(settings)).list_topics(timeout=_SECONDS).topics:
        if match := pattern.match(name):
            found.setdefault(int(match[1]), []).append(name)
    return {version: sorted(names) for version, names in sorted(found.items())}


def create(settings: Settings) -> None:
    """Create what is missing of the topics of the settings' version, with as many partitions as the settings say."""
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        topics.apply(client, topics.plan(wanted, topics.read(client, wanted)))


def members(settings: Settings) -> int | None:
    """Return how many workers the settings' version has; None where the broker does not tell."""
    admin = AdminClient(confluent(settings))
    try:
        found = admin.describe_consumer_groups([settings.group], request_timeout=_SECONDS)[settings.group].result()
    except KafkaException:
        return None
    return len(found.members)


def drop_old(settings: Settings) -> list[str]:
    """Delete the state topics and groups of the versions below that of the settings; return the topics.

    Raises UserError while a worker still folds into one of them.
    """
    admin = AdminClient(confluent(settings))
    dropped: list[str] = []
    for version, names in versions(settings).items():
        if version >= settings.state_version:
            continue
        old = settings.model_copy(update={"state_version": version})
        found = members(old)
        if found is None:
            raise UserError(
                f"The broker does not say whether workers fold into state version {version}.",
                "Stop workers of that version, see that the broker answers, then do this again.",
            )
        if found:
            raise UserError(
                f"A worker still folds into state version {version}.",
                "Workers follow a switch within seconds; stop those that do not, then do this again.",
            )
        for future in admin.delete_topics(names, operation_timeout=_SECONDS).values():
            future.result()
        dropped += names
        for deletion in admin.delete_consumer_groups([old.group], request_timeout=_SECONDS).values():
            if deletion.exception() is not None:
                continue  # it never had a worker, or the broker has forgotten it
    return dropped
