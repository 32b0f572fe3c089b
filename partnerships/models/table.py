import pghistory
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models import Organisation, Territory
from orgs.readable import readable


class CoordinationTableQuerySet(models.QuerySet["CoordinationTable"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "CoordinationTableQuerySet":  # type: ignore[name-defined]
        """Who sits at a public table is public."""
        return self


class CoordinationTable(models.Model):
    """A standing body where authorities, CSOs and others meet. Tables form a tree: an issue can go up and its answer
    come back.
    """

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="tables", verbose_name=_("territory"))
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="children", null=True, blank=True, verbose_name=_("reports to")
    )
    convenor = models.ForeignKey(
        Organisation, models.PROTECT, related_name="tables_convened", verbose_name=_("convened by")
    )
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=150)
    mandate = models.TextField(_("mandate"), blank=True)
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    is_sample = models.BooleanField(_("sample"), default=False)

    objects = CoordinationTableQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("coordination table")
        verbose_name_plural = _("coordination tables")
        constraints = [readable("name", of="table")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("partnerships:table_detail", args=[self.slug])


class Seat(models.Model):
    """A place at a table, held by an organisation."""

    table = models.ForeignKey(CoordinationTable, models.CASCADE, related_name="seats")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="seats")
    is_chair = models.BooleanField(_("chair"), default=False)

    class Meta:
        ordering = ["-is_chair", "organisation__name"]
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        constraints = [
            models.UniqueConstraint(
                "table",
                "organisation",
                name="seat_once",
                violation_error_message=_("This organisation already has a seat."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.table}"


@pghistory.track()
class Meeting(models.Model):
    """A session of a table, one on a day: announced with its agenda, and told by its minutes once it was held."""

    table = models.ForeignKey(CoordinationTable, models.CASCADE, related_name="meetings")
    held_on = models.DateField(_("date"))
    agenda = models.TextField(_("agenda"), blank=True)
    minutes = models.TextField(_("minutes"), blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-held_on"]
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        constraints = [
            models.UniqueConstraint(
                "table",
                "held_on",
                name="meeting_once_a_day",
                violation_error_message=_(
                    "There is already a meeting on this day. Open it on the page of the table to change it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.held_on}"
