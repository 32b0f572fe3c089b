from celery import shared_task
from django.utils import timezone

from orgs import actions


@shared_task
def send_waiting_mail() -> int:
    return actions.send_waiting_mail()


@shared_task
def remove_stale_drafts() -> int:
    return actions.remove_stale_drafts(now=timezone.now())


@shared_task
def remove_old_mail() -> int:
    return actions.remove_old_mail(now=timezone.now())


@shared_task
def forget_forms() -> int:
    return actions.forget_forms(now=timezone.now())
