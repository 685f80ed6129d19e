"""Ending the process at once, so that a supervisor starts it again from durable state.

``os._exit`` and not an exception: Faust's shutdown would go on to commit and to flush.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from typing import NoReturn

EXIT_FAIL_STOP = 70  # EX_SOFTWARE

logger = logging.getLogger(__name__)


def fail_stop(reason: str, *, error: BaseException | None = None, stacks: bool = False) -> NoReturn:
    """Log why and end the process with status 70; nothing more is written, flushed or committed.

    Args:
        reason: What is wrong and what it means, for the log.
        error: Its traceback is logged.
        stacks: Print the stack of every thread to stderr, for a process that hangs.
    """
    try:
        logger.critical(
            "worker stops now: %s", reason, exc_info=(type(error), error, error.__traceback__) if error else None
        )
        if stacks:
            faulthandler.dump_traceback(file=sys.__stderr__ or 2, all_threads=True)
        for handler in logging.getLogger().handlers:
            handler.flush()
    finally:
        os._exit(EXIT_FAIL_STOP)
