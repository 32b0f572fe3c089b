import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from orgs.models import OutgoingMail

logger = logging.getLogger(__name__)


def send_waiting_mail() -> int:
    """Sends what waits, oldest first, each letter in a transaction of its own; the number sent.

    Any number of workers may do it at once: a row that another holds is skipped. A letter whose sender dies after the mail server took
    it is sent again: twice is better than never.
    """
    sent = 0
    tried: list[int] = []
    while True:
        with transaction.atomic():
            waiting = OutgoingMail.objects.filter(sent_at=None, parked_at=None).exclude(pk__in=tried)
            mail = waiting.select_for_update(skip_locked=True).order_by("created_at").first()
            if mail is None:
                return sent
            tried.append(mail.pk)
            mail.attempts += 1
            try:
                EmailMessage(mail.subject, mail.body, to=[mail.to]).send()
            except (SMTPException, OSError) as error:
                mail.error = f"{type(error).__name__}: {error}"
                if mail.attempts >= OutgoingMail.MAX_ATTEMPTS:
                    mail.parked_at = timezone.now()
                logger.warning("mail %s could not be sent (attempt %s): %s", mail.pk, mail.attempts, mail.error)
            else:
                mail.sent_at, mail.error = timezone.now(), ""
                sent += 1
            mail.save()
