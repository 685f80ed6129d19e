"""`crm-pulse board`: serve the live figures as gauges, as an API and as a page."""

import contextlib
import gc
from typing import Annotated, Literal

import typer


def board(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.  [default: CRM_PULSE_BOARD_HOST, 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port, 0 for a free one.  [default: CRM_PULSE_BOARD_PORT, 8000]"),
    ] = None,
    clock: Annotated[
        Literal["live", "watermark"] | None,
        typer.Option(help="What now is: the wall clock, or the newest event's time in a replay of history."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Host name to answer for beside localhost, when a proxy stands before a loopback address."),
    ] = None,
) -> None:
    """Read the state of all partitions and serve the KPIs; ready (/readyz) when all of it is read."""
    import asyncio
    from functools import partial

    from stream_app import logs, settings
    from stream_app.alerting.service import Alertmanagers
    from stream_app.board.directory import Directory
    from stream_app.board.following import Following
    from stream_app.board.server import Options, serve
    from stream_app.board.soundness import judge
    from stream_app.board.succession import Source
    from stream_app.engine.clients import confluent
    from stream_app.engine.control import Control
    from stream_app.engine.follower import start_anew
    from stream_app.journeys.shard import STATE_VERSION
    from stream_app.kpis import MEASURES, catalogue
    from stream_app.kpis.aims import load
    from stream_app.measures.read_model import ReadModel
    from stream_app.measures.window import Window
    from stream_app.policies.fingerprint import edition

    wanted = {"board_host": host, "board_port": port, "clock": clock}
    given = settings.load(**{name: value for name, value in wanted.items() if value is not None})
    logs.configure(given.log_level, given.log_format)
    load(given.policies)  # wrong policies are told before a broker is looked for
    following = Following(given, load)
    origin = given.with_published(following.policies).policies_in_force
    policies = load(origin)
    address = given.board_url or f"http://localhost:{given.board_port}"
    control = Control(given)

    def source(settings: settings.Settings) -> Source:
        return Source(settings.state_version, settings.cells_topics, partial(judge, settings))

    windows = [Window.parse(text) for text in policies.windows]
    options = Options(
        host=given.board_host,
        port=given.board_port,
        kafka=confluent(given),
        source=source(given),
        make=lambda: ReadModel(windows, MEASURES),
        kpis=catalogue(policies),
        clock=given.clock,
        allowed_hosts=tuple(allow_host or ()),
        in_force=lambda: source(given.model_copy(update={"state_version": control.version()})),
        directory=Directory(policies.owners, policies.links, edition(origin), address, given.grafana_url or ""),
        schema=STATE_VERSION[0],
        alertmanagers=Alertmanagers(
            given.alertmanager_urls,
            given.alertmanager_user or "",
            given.alertmanager_password.get_secret_value() if given.alertmanager_password else "",
            given.alertmanager_token.get_secret_value() if given.alertmanager_token else "",
        ),
        policies=policies,
        public_url=given.board_url or "",
        token=given.token_of_the_board,
    )
    # A model is a million small objects that stay, and a walk over all of them stops everything for 0.2 s.
    gc.set_threshold(50_000, 20, 20)
    try:
        with following:
            asyncio.run(serve(options, _tell))
    finally:
        control.close()
    if following.called:
        start_anew()


def _tell(url: str) -> None:
    with contextlib.suppress(OSError):  # standard error may be a log on a full disk, and the figures need no disk
        typer.echo(f"board: {url}", err=True)
