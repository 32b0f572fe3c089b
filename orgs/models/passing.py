import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SentForm(models.Model):
    """A form that was sent, by the key of that sending: sent again, and be it at the same moment, it leads to where the first one led."""

    KEPT: ClassVar = datetime.timedelta(days=2)

    key = models.CharField(_("key"), max_length=64, primary_key=True)
    url = models.TextField(_("led to"), blank=True)
    created_at = models.DateTimeField(_("sent at"), auto_now_add=True)

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")

    def __str__(self) -> str:
        return self.key


class KeptForm(models.Model):
    """What somebody had typed when their session was over, until they have logged in again.

    It is sealed with a secret that only a cookie of that browser holds, and opens for the same account alone (`owner`, a digest).
    """

    KEPT: ClassVar = datetime.timedelta(hours=1)
    MOST: ClassVar = 5
    """Of one account at a time."""

    secret_digest = models.CharField(max_length=64, unique=True)
    owner = models.CharField(max_length=64)
    address = models.TextField(_("address"))
    sealed = models.BinaryField()
    created_at = models.DateTimeField(_("kept at"), auto_now_add=True)

    class Meta:
        verbose_name = _("kept form")
        verbose_name_plural = _("kept forms")
        indexes = [models.Index("owner", "id", name="kept_forms_of_owner")]

    def __str__(self) -> str:
        return self.address
