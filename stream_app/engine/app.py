"""The engine as a Faust app: agents fed with batches, tables in bulk, and a guard on every side."""

from __future__ import annotations

import asyncio
import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import faust
from faust.app.base import BootStrategy
from mode.supervisors import CrashingSupervisor

from stream_app import logs
from stream_app.engine import allocation, patches, topics, web
from stream_app.engine.agent import AgentSpec, AgentTables
from stream_app.engine.batch import Batch, BatchSchema
from stream_app.engine.batch_outbox import BatchOutbox
from stream_app.engine.clients import faust_credentials
from stream_app.engine.collector import Collector
from stream_app.engine.consumer import BatchConsumer, BatchTransport
from stream_app.engine.failstop import fail_stop
from stream_app.engine.follower import Follower
from stream_app.engine.lanes import Lanes
from stream_app.engine.ledger import Ledger
from stream_app.engine.membership import Membership
from stream_app.engine.meters import Meters
from stream_app.engine.outbox import Outbox
from stream_app.engine.recovery import StateTables
from stream_app.engine.tables import state_table
from stream_app.engine.watchdog import Watchdog
from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faust.types import AgentT, StreamT
    from faust.types.transports import TransportT
    from faust.web.base import Web
    from faust.web.drivers.aiohttp import Web as AiohttpWeb

    from stream_app.document import Document
    from stream_app.settings import Settings

logger = logging.getLogger(__name__)


class _BootStrategy(BootStrategy):
    # The outbox produces. Faust's own producer stays unstarted, and so nothing waits for its buffer.
    enable_kafka_producer = False


class EngineApp(faust.App):
    """A Faust app whose consumer, tables and recovery are the engine's."""

    BootStrategy = _BootStrategy
    consumer: BatchConsumer
    tables: StateTables

    def __init__(
        self, settings: Settings, acceptable: Callable[[Document], object] | None = None, **options: Any
    ) -> None:
        self.settings = settings
        self.membership = Membership(settings.session_timeout)
        self.ledger = Ledger()
        self.meters = Meters()
        self.agents_by_topic: dict[str, AgentTables] = {}
        super().__init__(settings.group, **options)
        self.lanes = Lanes(self)
        self.watchdog = Watchdog(self)
        self.follower = Follower(settings, acceptable)
        self.collector = Collector()

    @cached_property
    def outbox(self) -> Outbox:
        """The producer of state and dead letters, connected on first use."""
        # The embedded broker takes no batches from aiokafka, and asking it is a warning in the log of every demo.
        return (Outbox if self.settings.one_record_batches else BatchOutbox)(self.settings)

    @property
    def ready(self) -> bool:
        """Say whether the worker has recovered and folds."""
        return bool(self.started and self.tables.recovery.completed.is_set() and not self.rebalancing)

    def _new_transport(self) -> TransportT:
        return BatchTransport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Create nothing: all state is in Kafka."""

    def on_webserver_init(self, server: Web) -> None:
        """Add the worker's pages to Faust's web server."""
        web.add_routes(self, cast("AiohttpWeb", server).web_app)

    async def on_start(self) -> None:
        """Check the topics, then start watching before anything can hang."""
        try:
            await asyncio.to_thread(topics.check, self.settings)
        except UserError as error:
            fail_stop(f"{error.message} {error.hint}")
        allocation.keep_freed_memory()
        self.watchdog.start()
        self.follower.start()
        self.collector.start()
        await super().on_start()

    async def on_stop(self) -> None:
        """Finish batches, commit and leave."""
        self.watchdog.stopping()
        self.follower.stop()
        self.collector.stop()
        await super().on_stop()
        if "outbox" in self.__dict__:
            await self.outbox.stop()

    async def on_shutdown(self) -> None:
        """Stop watching as the last thing."""
        await super().on_shutdown()
        self.watchdog.stop()

    def on_rebalance_end(self) -> None:
        """Let go of the shards that were given up: their cells refer to them."""
        super().on_rebalance_end()
        self.collector.soon()

    async def _on_agent_error(self, agent: AgentT[Any], exc: BaseException) -> None:
        fail_stop(f"agent {agent.name} failed outside its lanes", error=exc)

    async def crash(self, reason: BaseException) -> None:
        """End the process: a supervisor outside starts it again from durable state."""
        if self.should_stop:
            await super().crash(reason)
        else:
            fail_stop("a service of the worker crashed", error=reason)


def create_engine(
    settings: Settings, specs: Sequence[AgentSpec], acceptable: Callable[[Document], object] | None = None
) -> EngineApp:
    """Build the Faust app that runs these agents; nothing connects before it is started.

    *acceptable* raises UserError for published policies that the agents could not go by.
    """
    patches.check_versions()
    app = EngineApp(settings, acceptable, **_options(settings))
    app.conf  # noqa: B018 - reading it here makes a wrong setting fail now and not at the first message
    for spec in specs:
        _add_agent(app, spec)
    return app


def _add_agent(app: EngineApp, spec: AgentSpec) -> None:
    partitions = app.settings.partitions
    app.agents_by_topic[spec.source] = AgentTables(
        spec,
        cells=state_table(app, f"{spec.name}.cells", spec.cells, partitions),
        journeys=state_table(app, f"{spec.name}.journeys", spec.journeys, partitions),
    )

    async def fold(batches: StreamT[Batch]) -> None:
        async for batch in batches:
            app.lanes.submit(batch)

    source = app.topic(spec.source, schema=BatchSchema(), acks=False)
    app.agent(
        source,
        name=f"{spec.name}.fold",
        concurrency=1,
        supervisor_strategy=cast("Any", CrashingSupervisor),
    )(fold)


def _options(settings: Settings) -> dict[str, Any]:
    """Return Faust's settings; what is not here is Faust's default."""
    request_timeout = max(40.0, settings.session_timeout + 10.0)
    return {
        "broker": [f"kafka://{server}" for server in settings.bootstrap],
        "broker_credentials": faust_credentials(settings),
        "broker_request_timeout": request_timeout,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": min(3.0, settings.session_timeout / 4),
        "broker_commit_interval": settings.commit_interval,
        "broker_max_poll_records": settings.batch_records,
        "broker_check_crcs": True,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": settings.fetch_bytes,
        "consumer_group_instance_id": settings.instance_id,
        # Who returns under its fixed name is handed the assignment of its predecessor, and Faust refuses one that was
        # made for another URL: a new port would leave the worker without partitions, for good.
        "canonical_url": f"http://worker/{quote(settings.instance_id, safe='')}" if settings.instance_id else None,
        "processing_guarantee": "at_least_once",
        "store": "memory://",
        "TableManager": StateTables,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "topic_partitions": settings.partitions,
        "stream_wait_empty": True,
        "autodiscover": False,
        "web_bind": settings.worker_host,
        "web_host": settings.worker_host,
        "web_port": settings.worker_port,
        "web_in_thread": False,
        "web_tables_enabled": False,
        "web_stats_enabled": False,
        "web_router_enabled": False,
        "web_graph_enabled": False,
        "worker_redirect_stdouts": False,
        "logging_config": logs.config(settings.log_level, settings.log_format),
    }
