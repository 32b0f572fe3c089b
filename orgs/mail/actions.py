import datetime
import logging
from contextlib import closing
from smtplib import SMTPException

from django.db import transaction
from django.utils import timezone
from post_office.connections import connections
from post_office.mail import get_queued
from post_office.models import STATUS, Email, Log

from orgs.models import User

logger = logging.getLogger(__name__)

DAYS_KEPT = 60
PAUSES = [datetime.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480)]
"""Before each retry: some eleven hours. An e-mail that fails once more is left to an administrator."""


def send_queued_mail() -> int:
    """Sends the queued e-mails, oldest first, each in a transaction of its own; the number sent.

    Any number of workers may do it at once: a row that another holds is skipped. An e-mail whose sender dies after the
    mail server took it is sent again: twice is better than never.
    """
    sent = 0
    while True:
        with transaction.atomic():
            email = get_queued().select_for_update(skip_locked=True).first()
            if email is None:
                return sent
            failure = deliver(email)
            if failure is None:
                sent += 1
                update(email, status=STATUS.sent)
            else:
                requeue(email, failure)
        if isinstance(failure, OSError) and not isinstance(failure, SMTPException):
            return sent  # The server is not to be reached: the next round will do for the others too.


def deliver(email: Email) -> Exception | None:
    """What went wrong, None when nothing did."""
    if len(email.to) != 1:
        return ValueError("A comma in the address: post_office would write to several.")
    try:
        with closing(connections):  # post_office keeps them open after a failure.
            email.dispatch(commit=False)
    except (OSError, SMTPException, ValueError) as error:  # An impossible address or subject is a ValueError.
        return error
    return None


def requeue(email: Email, failure: Exception) -> None:
    """To be retried after a longer pause each time."""
    retries = email.number_of_retries or 0
    if retries < len(PAUSES):
        scheduled_time = timezone.now() + PAUSES[retries]
        update(email, status=STATUS.requeued, number_of_retries=retries + 1, scheduled_time=scheduled_time)
    else:
        update(email, status=STATUS.failed)
    kind = type(failure).__name__
    Log.objects.create(email=email, status=STATUS.failed, exception_type=kind, message=str(failure))
    logger.warning("e-mail %s could not be sent (retries: %s): %s: %s", email.pk, retries, kind, failure)


def update(email: Email, **fields: object) -> None:
    """Not by save(), which refuses an impossible address."""
    Email.objects.filter(pk=email.pk).update(last_updated=timezone.now(), **fields)


@transaction.atomic
def retry_email(*, email: Email, by: User) -> None:
    """Begins anew with an e-mail that could not be sent."""
    unsent = Email.objects.filter(pk=email.pk).exclude(status=STATUS.sent)
    unsent.update(status=STATUS.queued, number_of_retries=0, scheduled_time=timezone.now())


@transaction.atomic
def remove_old_mail(*, now: datetime.datetime) -> int:
    """E-mails that were sent hold addresses and links, and nobody needs them for long. The number removed."""
    old = Email.objects.filter(status=STATUS.sent, last_updated__lt=now - datetime.timedelta(days=DAYS_KEPT))
    return old.delete()[1].get(Email._meta.label, 0)
