import datetime
import logging
from contextlib import closing
from smtplib import SMTPException

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from post_office.connections import connections
from post_office.mail import get_queued
from post_office.models import STATUS, Email, Log

from orgs.models import User
from orgs.queue import enqueue

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


def unsent() -> QuerySet[Email]:
    """Not those that somebody gave up: they keep the day on which that was (`expires_at`), and no text."""
    return Email.objects.exclude(status=STATUS.sent).filter(expires_at=None)


@transaction.atomic
def retry_emails(*, emails: QuerySet[Email], by: User) -> int:
    """Begins anew with e-mails that could not be sent; how many."""
    if not by.is_staff:
        raise PermissionDenied
    again = unsent().filter(pk__in=emails.values("pk"))
    number = again.update(status=STATUS.queued, number_of_retries=0, scheduled_time=timezone.now())
    if number:
        enqueue("orgs.tasks.send_queued_mail")
    return number


@transaction.atomic
def give_up_emails(*, emails: QuerySet[Email], by: User) -> int:
    """They are never sent, and their text is gone at once; how many. One that a worker is sending at this moment is sent."""
    if not by.is_staff:
        raise PermissionDenied
    now = timezone.now()
    gone = unsent().filter(pk__in=emails.values("pk"))
    return gone.update(status=STATUS.failed, expires_at=now, last_updated=now, message="", subject="")


@transaction.atomic
def remove_old_mail(*, now: datetime.datetime) -> int:
    """E-mails that were sent hold addresses and links, and nobody needs them for long; nor those that were given up. The number removed."""
    done = Email.objects.filter(Q(status=STATUS.sent) | Q(expires_at__isnull=False))
    old = done.filter(last_updated__lt=now - datetime.timedelta(days=DAYS_KEPT))
    return old.delete()[1].get(Email._meta.label, 0)
