"""`crm-pulse worker`: fold events into KPI state, until stopped."""

from __future__ import annotations

from typing import Annotated

import typer


def worker(
    port: Annotated[
        int | None, typer.Option("--port", "-p", min=0, max=65535, help="Port of /metrics and /healthz.")
    ] = None,
    instance_id: Annotated[
        str | None, typer.Option(help="Fixed member name: a quick restart then moves no partitions.")
    ] = None,
    log_level: Annotated[str | None, typer.Option("--log-level", "-l", help="DEBUG, INFO, WARNING or ERROR.")] = None,
) -> None:
    """Run a worker: events from Kafka in, KPI state out. Start as many as there are partitions.

    Stops in order on SIGTERM and Ctrl-C (exit status 0). When it cannot go on without losing or
    double counting an event it ends at once with status 70, to be started again by a supervisor.
    """
    from stream_app.app import agents, create_app
    from stream_app.engine.control import in_force
    from stream_app.engine.follower import start_anew
    from stream_app.engine.topics import check
    from stream_app.engine.web import require_free
    from stream_app.settings import load

    given = {"worker_port": port, "instance_id": instance_id, "log_level": log_level and log_level.upper()}
    settings = load(**{name: value for name, value in given.items() if value is not None})
    agents(settings)  # wrong policies are told before a broker is looked for
    settings = in_force(settings)
    check(settings)
    require_free(settings.worker_host, settings.worker_port)
    app = create_app(settings)
    try:
        app.Worker(loglevel=settings.log_level).execute_from_commandline()
    finally:
        if app.follower.called:
            start_anew()
