"""Quix Streams: a lead's state by its key, then windows by channel behind a repartition topic; changelogs on."""

from __future__ import annotations

from typing import Any

from quixstreams import Application, State

from benchmarks.peers import mark, work


def follow(event: dict[str, Any], state: State) -> list[dict[str, Any]]:
    """Return the answer, or nothing."""
    before = state.get("lead")
    lead, answer = work.follow(before, event)
    if lead is None:
        if before is not None:
            state.delete("lead")
    elif lead is not before:
        state.set("lead", lead)
    if answer is None:
        return []
    return [{"channel": answer[0], "minute": answer[1], "wait": answer[2]}]


def count(answer: dict[str, Any], state: State) -> None:
    """Add an answer to the window of its channel and minute."""
    name = f"window-{answer['channel']}|{answer['minute']}"
    state.set(name, work.add(state.get(name), answer["wait"]))


def relevant(event: dict[str, Any]) -> bool:
    """Tell whether the work looks at the event."""
    mark.first()
    return event["type"] in work.TOUCHES


def main() -> None:
    """Run until the race ends this."""
    app = Application(
        broker_address=mark.BROKERS,
        consumer_group=mark.GROUP,
        auto_offset_reset="earliest",
        state_dir=mark.FOLDER / "state",
        commit_interval=1.0,
        loglevel="WARNING",
    )
    events = app.dataframe(app.topic(mark.TOPIC, value_deserializer="json"))
    answers = events.filter(relevant).apply(follow, stateful=True, expand=True)
    answers.group_by("channel").update(count, stateful=True)
    app.run()


if __name__ == "__main__":
    main()
