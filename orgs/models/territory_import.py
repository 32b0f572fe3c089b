import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.territory import TerritoryScheme


class TerritoryImportState(models.TextChoices):
    RECEIVED = "received", _("to be described")
    CHECKED = "checked", _("checked, nothing stored")
    STORED = "stored", _("stored")


class TerritoryImportQuerySet(models.QuerySet["TerritoryImport"]):
    def visible_to(self, user: Any) -> "TerritoryImportQuerySet":
        """Where a place hangs decides what people may do: administrators alone bring places in."""
        return self if user.is_authenticated and user.is_staff else self.none()


class TerritoryImport(models.Model):
    """A file of places for a geographic classification: looked at, and then stored whole or not at all. Stored ones stay as its history."""

    State = TerritoryImportState

    scheme = models.ForeignKey(TerritoryScheme, models.PROTECT, related_name="imports")
    file = models.FileField(_("file"), upload_to="territories/%Y/%m/", blank=True)
    file_name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256"))
    layout = models.JSONField(_("layout"), default=dict)
    contents = models.JSONField(_("contents"), default=dict)
    description = models.JSONField(_("what its columns mean"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=TerritoryImportState)
    places_read = models.PositiveIntegerField(_("places read"), default=0)
    places_new = models.PositiveIntegerField(_("new places"), default=0)
    places_changed = models.PositiveIntegerField(_("changed places"), default=0)
    places_same = models.PositiveIntegerField(_("unchanged places"), default=0)
    places_ended = models.PositiveIntegerField(_("places that end"), default=0)
    outlines_read = models.PositiveIntegerField(_("boundaries"), default=0)
    problems_count = models.PositiveIntegerField(_("problems"), default=0)
    problems = models.JSONField(_("problems"), default=list, help_text=_("[[code, line, column, value], …]"))
    changes = models.JSONField(_("largest changes"), default=list)
    ties = models.JSONField(
        _("who is tied to what ends"), default=dict, help_text=_("{fate: [organisations, reviewers]}")
    )
    digest = models.CharField(
        _("digest"), max_length=64, blank=True, help_text=_("Of all that storing it would do, when it was checked.")
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(_("imported at"), auto_now_add=True)
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    stored_at = models.DateTimeField(_("stored at"), null=True, blank=True)

    objects = TerritoryImportQuerySet.as_manager()

    DAYS_KEPT = 60
    """A file of which nothing was stored is removed so long after it came in, with all that was found in it."""

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("import of territories")
        verbose_name_plural = _("imports of territories")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="stored") | Q(problems_count=0, stored_at__isnull=False, description__isnull=False),
                name="territory_import_stored_without_problems",
                violation_error_message=_("A file with problems is not stored."),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="one_step_after_another",
                field="state",
                transitions=[("received", "checked"), ("checked", "stored")],
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        name = "territory_import_map" if self.state == self.State.RECEIVED else "territory_import_detail"
        return reverse(f"orgs:{name}", args=[self.scheme.code, self.pk])

    @property
    def counts(self) -> list[tuple[Any, int]]:
        return [
            (_("new places"), self.places_new),
            (_("changed places"), self.places_changed),
            (_("places that end"), self.places_ended),
            (_("problems"), self.problems_count),
        ]

    @property
    def is_stored(self) -> bool:
        return self.state == self.State.STORED

    @property
    def does_something(self) -> bool:
        return bool(self.places_new or self.places_changed or self.places_ended)

    @property
    def can_be_stored(self) -> bool:
        return self.state == self.State.CHECKED and not self.problems_count and self.does_something

    @property
    def goes_on(self) -> datetime.date | None:
        """The day on which it is removed; None for what is stored."""
        if self.is_stored:
            return None
        return timezone.localdate(self.created_at + datetime.timedelta(days=self.DAYS_KEPT))
