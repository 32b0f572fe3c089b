"""Asking the worker. What is to be done stands in PostgreSQL; Redis only says "now", and may be away, or hang."""

import logging
import time
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from kombu.pools import producers

logger = logging.getLogger(__name__)

PATIENCE = 0.4
"""Seconds that a request waits for Redis, to connect and for each answer."""
SILENCE = 30.0
"""Seconds for which a process does not ask again after that: beat does it within a minute anyway."""

_silent_until = 0.0


def enqueue(task: str) -> None:
    """Asks for the task named `task` once the running transaction is committed. Without Redis, beat's next round does it.

    A transaction that asks for it many times sends one message.
    """
    asked = [call for _, call, *_ in connection.run_on_commit if isinstance(call, partial) and call.func is _send]
    if not any(call.args == (task,) for call in asked):
        transaction.on_commit(partial(_send, task))


def _send(task: str) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {
        "socket_connect_timeout": PATIENCE,
        "socket_timeout": PATIENCE,
    }
    broker = current_app.connection_for_write()
    broker.transport_options = options
    try:
        with producers[broker].acquire(block=True, timeout=PATIENCE) as producer:
            current_app.send_task(task, retry=False, ignore_result=True, producer=producer)
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + SILENCE
        logger.warning("%s is left to its next round: the queue is not to be reached (%s)", task, error)
