"""Plain Faust as a user would write it: two tables with changelogs, one event at a time."""

from __future__ import annotations

import sys
from typing import Any

import faust

from benchmarks.peers import mark, work


def create_app() -> faust.App:
    """Return the app, with the settings that Faust's documentation starts from."""
    app = faust.App(
        mark.GROUP,
        broker=f"kafka://{mark.BROKERS}",
        store="memory://",
        topic_partitions=mark.PARTITIONS,
        topic_allow_declare=True,
        table_standby_replicas=0,
        broker_commit_interval=1.0,
        web_enabled=False,
    )
    source = app.topic(mark.TOPIC, key_type=str, key_serializer="raw", value_serializer="json")
    leads = app.Table("leads")
    windows = app.Table("windows")

    @app.agent(source)
    async def fold(stream: faust.StreamT[Any]) -> None:
        async for message in stream.events():
            mark.first()
            event = message.value
            if event["type"] not in work.TOUCHES:
                continue
            who = event["subject"]
            before = leads.get(who)
            lead, answer = work.follow(before, event)
            if lead is not before:
                leads[who] = lead
            if answer is not None:
                channel, minute, wait = answer
                # Partitions are workers' own, so a window is one partition's part of it.
                name = f"{message.message.partition}|{channel}|{minute}"
                windows[name] = work.add(windows.get(name), wait)

    return app


def main() -> None:
    """Run until the race ends this."""
    app = create_app()
    sys.argv = sys.argv[:1]
    app.Worker(loglevel="ERROR").execute_from_commandline()


if __name__ == "__main__":
    main()
