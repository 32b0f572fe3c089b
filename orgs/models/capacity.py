import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orgs.models.organisation import Organisation
from orgs.models.territory import Territory
from orgs.vocabulary import CapacityKind, CapacitySide


class CapacityQuerySet(models.QuerySet["Capacity"]):
    def standing(self) -> "CapacityQuerySet":
        """Not taken off the list."""
        return self.filter(ended_on=None)

    def current(self) -> "CapacityQuerySet":
        """Not over yet."""
        return self.standing().filter(Q(to_day=None) | Q(to_day__gte=timezone.localdate()))


class Capacity(models.Model):
    """What an organisation needs to work better, or offers to others (need S11)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="capacities")
    side = models.CharField(_("need or offer"), max_length=5, choices=CapacitySide)
    kind = models.CharField(_("kind"), max_length=14, choices=CapacityKind)
    quantity = models.CharField(_("how much"), max_length=60, blank=True)
    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="capacities", null=True, blank=True, verbose_name=_("place")
    )
    """None: wherever the organisation works."""
    languages = ArrayField(models.CharField(max_length=3), verbose_name=_("languages"), default=list, blank=True)
    from_day = models.DateField(_("from"), null=True, blank=True)
    to_day = models.DateField(_("to"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=250, blank=True)
    written_in = models.CharField(_("language of the text"), max_length=3, blank=True, default="")
    created_at = models.DateTimeField(_("added at"), default=timezone.now)
    told_at = models.DateTimeField(_("its people were told at"), default=timezone.now)
    """Of what meets it, all that was there by then."""
    ended_on = models.DateField(_("taken off on"), null=True, blank=True)

    objects = CapacityQuerySet.as_manager()

    class Meta:
        ordering = ["organisation", "side", "kind", "pk"]
        verbose_name = _("capacity")
        verbose_name_plural = _("capacities")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "side", "kind", "quantity", "territory", "from_day", "to_day", "note"],
                name="capacity_once",
                condition=Q(ended_on=None),
                nulls_distinct=False,
                violation_error_message=_("This is already in the list."),
            ),
            models.CheckConstraint(
                condition=Q(from_day=None) | Q(to_day=None) | Q(from_day__lte=F("to_day")),
                name="capacity_days_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.get_kind_display()}"

    @property
    def place(self) -> Territory:
        return self.territory or self.organisation.territory


DECLINED_FOR = datetime.timedelta(days=90)
"""So long nobody who declined is asked the same again."""


class CapacityMatchQuerySet(models.QuerySet["CapacityMatch"]):
    def of(self, organisation: Organisation) -> "CapacityMatchQuerySet":
        """On whichever side it stands."""
        return self.filter(Q(need__organisation=organisation) | Q(offer__organisation=organisation))

    def alive(self) -> "CapacityMatchQuerySet":
        return self.filter(state__in=CapacityMatch.ALIVE)

    def closing(self) -> "CapacityMatchQuerySet":
        """Between these two nobody asks again: it is alive or done, or was declined a short time ago."""
        lately = Q(state=CapacityMatch.State.DECLINED, answered_at__gte=timezone.now() - DECLINED_FOR)
        return self.filter(Q(state__in=[*CapacityMatch.ALIVE, CapacityMatch.State.DONE]) | lately)


class CapacityMatch(models.Model):
    """A need of one organisation and an offer of another that meet: one of them asks, the other agrees or declines, and it is done."""

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("one side of the other", "asked")
        AGREED = "agreed", _("agreed")
        DECLINED = "declined", _("declined")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CALLED_OFF = "called_off", _("called off")

    need = models.ForeignKey(Capacity, models.CASCADE, related_name="matches_of_need")
    offer = models.ForeignKey(Capacity, models.CASCADE, related_name="matches_of_offer")
    asked_by = models.ForeignKey(Organisation, models.CASCADE, related_name="matches_asked")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    words = models.CharField(_("in a few words"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    answerer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = CapacityMatchQuerySet.as_manager()

    ALIVE = (State.ASKED, State.AGREED)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        constraints = [
            models.UniqueConstraint(
                fields=["need", "offer"],
                name="match_once",
                condition=Q(state__in=["asked", "agreed"]),
                violation_error_message=_("One of the two has asked already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "withdrawn"], answered_at=None, answerer=None)
                | (~Q(state__in=["asked", "withdrawn"]) & Q(answered_at__isnull=False, answerer__isnull=False)),
                name="match_answer_is_signed",
                violation_error_message=_("An answer has a date, and somebody who gave it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need.organisation} · {self.offer.organisation}: {self.need.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("orgs:match_list", args=[self.answering.slug])

    @property
    def answering(self) -> Organisation:
        """The one that was asked."""
        sides = (self.need.organisation, self.offer.organisation)
        return sides[0] if self.asked_by_id == sides[1].pk else sides[1]

    def other_than(self, organisation: Any) -> Organisation:
        return self.offer.organisation if self.need.organisation_id == organisation.pk else self.need.organisation
