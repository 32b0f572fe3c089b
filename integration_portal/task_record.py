"""What becomes of the tasks of the schedule, written down by the workers themselves: administrators see it without asking Redis."""

import logging
from typing import Any

from celery import Task
from django.db import DatabaseError
from django.utils import timezone

from orgs.models import WorkerTask

logger = logging.getLogger(__name__)


class RecordedTask(Task):
    """The base of every task. That something could not be written down stops no task."""

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        record(self.name, worker=self.request.hostname or "", started_at=timezone.now())

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        now = timezone.now()
        record(self.name, started_at=now, finished_at=now, only=["finished_at"])

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Of what went wrong its kind alone is kept: its words may hold what is private, and the log of the worker has them."""
        now = timezone.now()
        record(self.name, started_at=now, failed_at=now, failure=type(exc).__name__, only=["failed_at", "failure"])


def record(name: str, *, only: list[str] | None = None, **fields: Any) -> None:
    """One statement, so that two workers who do the same task for the first time do not meet."""
    try:
        WorkerTask.objects.bulk_create(
            [WorkerTask(name=name, **fields)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=only or [*fields],
        )
    except DatabaseError:
        logger.warning("what became of %s could not be written down", name, exc_info=True)
