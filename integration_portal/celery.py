"""The Celery application: PostgreSQL says what is to be done, Redis only says "now"."""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")

app = Celery("integration_portal", task_cls="integration_portal.task_record:RecordedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def enter_time_zone(**signal: Any) -> None:
    """A task decides what day it is as the pages do. Here the models are not loaded yet, and the package names them."""
    timezone.activate(import_module("orgs.installation").current().zone)


@task_postrun.connect
def leave_time_zone(**signal: Any) -> None:
    timezone.deactivate()
