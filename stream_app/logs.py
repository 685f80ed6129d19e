"""One form for every log line, ours and the libraries': console on a terminal, JSON elsewhere."""

import logging.config
import sys
from typing import Any, Literal

import structlog

Form = Literal["auto", "console", "json"]

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)
"""What every line goes through, whether it came from structlog or from a library's stdlib logger."""


def _renderers(form: Form) -> list[structlog.typing.Processor]:
    if form == "console" or (form == "auto" and sys.stderr.isatty()):
        return [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,  # the rich one shows locals: credentials
            )
        ]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(sort_keys=True, default=str),
    ]


def config(level: str = "INFO", form: Form = "auto") -> dict[str, Any]:
    """Return a `logging.config.dictConfig` mapping, the shape that `faust.App(logging_config=...)` takes.

    Lines go to stderr, so that a command's own output on stdout stays parseable.
    Libraries that log every fetch or heartbeat are held to warnings unless *level* is DEBUG.
    """
    level = level.upper()
    quiet = level if level == "DEBUG" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "one": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": list(_SHARED),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_renderers(form),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "one"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {name: {"level": quiet} for name in ("aiohttp.access", "aiokafka", "kafka")},
    }


def configure(level: str = "INFO", form: Form = "auto") -> None:
    """Set up structlog and the standard library's logging for this process; calling again changes them."""
    logging.config.dictConfig(config(level, form))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a second configure() must reach loggers already in use
    )
