import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation
from orgs.models.reviewable import ReviewableQuerySet
from orgs.models.service_type import ServiceType
from orgs.models.territory import Territory
from orgs.vocabulary import TargetGroup

COUNTS_FOR = datetime.timedelta(days=365)


class VoicedNeedQuerySet(ReviewableQuerySet):
    place = "territory"

    def counted(self) -> "VoicedNeedQuerySet":
        """Of the last year, as far as all that was said is a code."""
        since = timezone.now() - COUNTS_FOR
        return self.filter(words="", type__isnull=False, said_at__gte=since)

    def to_read(self) -> "VoicedNeedQuerySet":
        return self.exclude(words="")

    def unread_since(self, moment: datetime.datetime) -> "VoicedNeedQuerySet":
        return self.to_read().filter(said_at__lt=moment)

    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "VoicedNeedQuerySet":  # type: ignore[name-defined]
        """Administrators read what nobody else reads."""
        return self if user.is_staff else self.reviewable_by(user)


class VoicedNeed(models.Model):
    """Somebody says that a service is missing: which, where, in what language, for whom (need S17).

    Of residents nothing is kept that tells who they are. What they add in their own words is read by a reviewer and then deleted; where
    nobody reads it, after `DAYS_KEPT`. Administrators are told once it is `DAYS_UNREAD` old.
    """

    DAYS_UNREAD = 60
    DAYS_KEPT = 90

    type = models.ForeignKey(
        ServiceType,
        models.CASCADE,
        related_name="voiced_needs",
        null=True,
        blank=True,
        verbose_name=_("what is missing"),
    )
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="voiced_needs", verbose_name=_("place"))
    language = models.CharField(_("language"), max_length=3, blank=True, default="")
    target_group = models.CharField(_("for whom"), max_length=16, choices=TargetGroup, blank=True, default="")
    words = models.CharField(_("in your own words"), max_length=500, blank=True, default="")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="voiced_needs", null=True, blank=True)
    """Whose people said it; None for residents."""
    sign = models.CharField(max_length=64, blank=True, default="", editable=False)
    """Alike where one connection says the same again within a day, or one organisation within a month. Of whom it is nobody can tell."""
    said_at = models.DateTimeField(_("said at"), default=timezone.now)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    objects = VoicedNeedQuerySet.as_manager()

    class Meta:
        ordering = ["said_at", "pk"]
        verbose_name = _("voiced need")
        verbose_name_plural = _("voiced needs")
        constraints = [
            models.CheckConstraint(
                condition=Q(type__isnull=False) | ~Q(words=""),
                name="voiced_need_says_something",
                violation_error_message=_("Choose what is missing, or say it in your own words."),
            ),
            models.CheckConstraint(
                condition=Q(read_by=None) | Q(words=""),
                name="voiced_need_words_go_when_read",
                violation_error_message=_("What was read is deleted."),
            ),
            models.UniqueConstraint("sign", name="voiced_need_once", condition=~Q(sign="")),
        ]
        indexes = [
            # The list of those that are to be read.
            models.Index("said_at", name="voiced_need_to_read", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return str(self.type or _("something else"))

    def get_absolute_url(self) -> str:
        return reverse("orgs:need_read", args=[self.pk])
