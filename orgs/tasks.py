from celery import shared_task

from orgs import actions


@shared_task
def send_waiting_mail() -> int:
    return actions.send_waiting_mail()
