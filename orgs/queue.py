"""Waking the worker. What is to be done stands in PostgreSQL; Redis only says "now", and may be away."""

import logging
from functools import partial

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(task: str) -> None:
    """Asks for the task named `task` once the running transaction is committed. Without Redis, beat's next round does it.

    A transaction that asks for it many times sends one message.
    """
    asked = [call for _, call, *_ in connection.run_on_commit if isinstance(call, partial) and call.func is _send]
    if not any(call.args == (task,) for call in asked):
        transaction.on_commit(partial(_send, task))


def _send(task: str) -> None:
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except OperationalError as error:
        logger.warning("%s waits for its next round: the queue is not to be reached (%s)", task, error)
