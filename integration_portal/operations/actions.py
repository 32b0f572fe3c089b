"""What administrators change of the schedule. Beat reads it again within seconds."""

import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from orgs.models import User


@transaction.atomic
def switch_task(*, task: PeriodicTask, enabled: bool, by: User) -> PeriodicTask:
    task = locked(task, by)
    if task.enabled != enabled:
        task.enabled = enabled
        task.save()
    return task


@transaction.atomic
def repeat_task(*, task: PeriodicTask, every: int, unit: str, by: User) -> PeriodicTask:
    """Again and again, with so long between."""
    task = locked(task, by)
    task.interval, _is_new = IntervalSchedule.objects.get_or_create(every=every, period=unit)
    task.crontab = None
    task.save()
    return task


@transaction.atomic
def do_task_daily(*, task: PeriodicTask, at: datetime.time, by: User) -> PeriodicTask:
    """Every day at the same time, by the clock of the portal."""
    task = locked(task, by)
    task.crontab, _is_new = CrontabSchedule.objects.get_or_create(
        minute=str(at.minute),
        hour=str(at.hour),
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone=settings.TIME_ZONE,
    )
    task.interval = None
    task.save()
    return task


def locked(task: PeriodicTask, by: User) -> PeriodicTask:
    if not by.is_staff:
        raise PermissionDenied
    found: PeriodicTask = PeriodicTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    return found
