"""The app of a counting worker: ``python -m faust -A tests.engine.counting_app worker``, or run this module."""

from __future__ import annotations

from stream_app.engine.agent import AgentSpec
from stream_app.engine.app import create_engine
from stream_app.settings import load
from tests.engine.counting import CountingShard

settings = load()
app = create_engine(
    settings,
    [AgentSpec("counting", settings.relationships_topic, settings.cells_topic, settings.journeys_topic, CountingShard)],
)

if __name__ == "__main__":
    app.Worker(loglevel=settings.log_level).execute_from_commandline()
