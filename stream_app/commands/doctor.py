"""`crm-pulse doctor`: look at everything a running installation needs, and say what is wrong."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream_app.settings import Settings

Verdict = Literal["ok", "warn", "fail"]
_PAGE_SECONDS = 2.0
_LOOKS = 3
OLDEST_PYTHON = (3, 11, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    check: str
    verdict: Verdict
    found: str
    fix: str = ""


def python() -> Finding:
    """Look at the Python version."""
    version = tuple(sys.version_info[:3])
    shown = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return Finding("python", "ok", shown)
    return Finding("python", "fail", shown, "Use Python 3.11 or later.")


def packages() -> Finding:
    """Look at the packages whose versions matter."""
    from importlib.metadata import version

    from stream_app.engine.patches import check_versions

    check_versions()
    names = ("faust-streaming", "aiokafka", "confluent-kafka", "kafka-python")
    return Finding("packages", "ok", ", ".join(f"{name} {version(name)}" for name in names))


def topics(settings: Settings) -> Finding:
    """Look at the broker and its topics."""
    from stream_app.engine.topics import check

    check(settings)
    return Finding("topics", "ok", f"all there on {settings.brokers}")


def state(settings: Settings) -> Finding:
    """Look at whether the stored state is whole: reads all of it, partition by partition."""
    from threading import Event

    from stream_app.app import agents
    from stream_app.engine.recovered import recover
    from stream_app.engine.soundness import examine

    entries = 0
    for spec, number in product(agents(settings), range(settings.partitions)):
        for attempt in range(_LOOKS):
            expected, found = recover(settings, spec, [number], Event())[number]
            try:
                examine(expected, found)
            except UserError:
                # A worker may have written between the two topics' ends; damage stays.
                if attempt + 1 == _LOOKS:
                    raise
                time.sleep(1)
            else:
                break
        entries += len(found.cells.live) + len(found.journeys.live)
    return Finding("state", "ok", f"version {settings.state_version} is whole: {entries} entries")


def policies(settings: Settings) -> Finding:
    """Look at the policies in force: the published ones, else those of the settings."""
    from stream_app.kpis.aims import load

    origin = settings.policies_in_force
    load(origin)
    if settings.published is not None and settings.policies is not None:
        said = f"{settings.published.source}; the file {settings.policies} is not looked at"
        return Finding("policies", "ok", said)
    source = "the defaults" if origin is None else getattr(origin, "source", str(origin))
    return Finding("policies", "ok", source)


def lag(settings: Settings) -> Finding:
    """Look at how far the workers are behind."""
    from confluent_kafka import Consumer, TopicPartition

    from stream_app.engine.clients import confluent

    consumer = Consumer(confluent(settings) | {"group.id": settings.group, "enable.auto.commit": False})
    try:
        known = consumer.list_topics(timeout=5).topics
        asked = [TopicPartition(topic, n) for topic in settings.sources.values() for n in known[topic].partitions]
        places = consumer.committed(asked, timeout=5)
        ends = [consumer.get_watermark_offsets(place, timeout=5) for place in places]
    finally:
        consumer.close()
    if all(place.offset < 0 for place in places):
        return Finding("lag", "warn", "no worker has committed anything yet", "Start one: crm-pulse worker")
    behind = sum(high - max(place.offset, low) for place, (low, high) in zip(places, ends, strict=True))
    where = f"{len(places)} partitions of {len(settings.sources)} topics"
    return Finding("lag", "ok", f"{max(behind, 0)} records behind, over {where}")


def page(name: str, host: str, port: int, path: str) -> Finding:
    """Look at whether a role answers over HTTP."""
    url = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}{path}"  # noqa: S104 - comparing, not binding
    try:
        with urllib.request.urlopen(url, timeout=_PAGE_SECONDS) as answer:
            return Finding(name, "ok", f"{url} answers {answer.status}")
    except OSError as error:
        return Finding(name, "warn", f"{url}: {error}", f"Is it running here? crm-pulse {name}")


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except UserError as error:
        return Finding(name, "fail", error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - a check that breaks is a finding, and must not hide the others
        return Finding(name, "fail", f"{type(error).__name__}: {error}")


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield all findings, in the order in which one would fix them."""
    from stream_app.engine.control import in_force

    yield _guarded("python", python)
    yield _guarded("packages", packages)
    with suppress(UserError):  # no broker: the next finding says so
        settings = in_force(settings)
    broker = _guarded("topics", lambda: topics(settings))
    yield broker
    yield _guarded("policies", lambda: policies(settings))
    if broker.verdict == "ok":
        yield _guarded("state", lambda: state(settings))
        yield _guarded("lag", lambda: lag(settings))
    yield page("worker", settings.worker_host, settings.worker_port, "/healthz")
    yield page("board", settings.board_host, settings.board_port, "/healthz")


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False) -> None:
    """Check Python, packages, topics, policies, state, lag, worker and board. Exit status 1 when something fails."""
    from stream_app.settings import load

    findings = list(examine(load()))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        from rich.console import Console
        from rich.text import Text

        console = Console()
        colours = {"ok": "green", "warn": "yellow", "fail": "bold red"}
        for finding in findings:
            line = Text.assemble(
                (f"{finding.verdict:5}", colours[finding.verdict]), f"{finding.check}: {finding.found}"
            )
            console.print(line, soft_wrap=True)
            if finding.fix:
                console.print(f"     {finding.fix}", markup=False, highlight=False, soft_wrap=True)
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(1)
