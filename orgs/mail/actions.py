import datetime
import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from orgs.models import OutgoingMail, User

logger = logging.getLogger(__name__)

DAYS_KEPT = 60


def send_waiting_mail() -> int:
    """Sends what waits, oldest first, each letter in a transaction of its own; the number sent.

    Any number of workers may do it at once: a row that another holds is skipped. A letter whose sender dies after the
    mail server took it is sent again: twice is better than never. One that cannot be sent waits, longer each time.
    """
    sent = 0
    while True:
        with transaction.atomic():
            now = timezone.now()
            waiting = OutgoingMail.objects.filter(sent_at=None, parked_at=None, not_before__lte=now)
            mail = waiting.select_for_update(skip_locked=True).order_by("not_before", "pk").first()
            if mail is None:
                return sent
            mail.attempts += 1
            failure = send(mail)
            if failure is None:
                sent += 1
                mail.sent_at, mail.error = timezone.now(), ""
            else:
                postpone(mail, failure, now)
            mail.save()
        if isinstance(failure, OSError) and not isinstance(failure, SMTPException):
            return sent  # The server is not to be reached: the next round will do for the others too.


def send(mail: OutgoingMail) -> Exception | None:
    """What went wrong, None when nothing did."""
    try:
        EmailMessage(mail.subject, mail.body, to=[mail.to]).send()
    except (OSError, SMTPException, ValueError) as error:  # An impossible address or subject is a ValueError.
        return error
    return None


def postpone(mail: OutgoingMail, failure: Exception, now: datetime.datetime) -> None:
    mail.error = f"{type(failure).__name__}: {failure}"
    if mail.attempts >= OutgoingMail.MAX_ATTEMPTS:
        mail.parked_at = now
    else:
        mail.not_before = now + OutgoingMail.WAITS[mail.attempts - 1]
    logger.warning("mail %s could not be sent (attempt %s): %s", mail.pk, mail.attempts, mail.error)


@transaction.atomic
def retry_mail(*, mail: OutgoingMail, by: User) -> None:
    """Begins anew with a letter that was parked."""
    OutgoingMail.objects.filter(pk=mail.pk, sent_at=None).update(attempts=0, parked_at=None, not_before=timezone.now())


@transaction.atomic
def remove_old_mail(*, now: datetime.datetime) -> int:
    """Letters that were sent hold addresses and links, and nobody needs them for long."""
    return OutgoingMail.objects.filter(sent_at__lt=now - datetime.timedelta(days=DAYS_KEPT)).delete()[0]
