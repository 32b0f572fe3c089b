import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutgoingMail(models.Model):
    """A letter written in the transaction that causes it, and sent by whichever worker is alive.

    Nothing is lost while Redis or the mail server is down: the row waits, longer after each failure. When it has failed once more than
    there are waits (some eleven hours) it is parked for an administrator.
    """

    WAITS = [datetime.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480)]
    MAX_ATTEMPTS = len(WAITS) + 1

    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"))
    created_at = models.DateTimeField(_("written at"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    not_before = models.DateTimeField(_("to be sent from"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        indexes = [
            # send_waiting_mail
            models.Index("not_before", name="mail_waiting", condition=Q(sent_at=None, parked_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
