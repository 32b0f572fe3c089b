from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation


class OrganisationImportState(models.TextChoices):
    RECEIVED = "received", _("to be described")
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked, nothing stored")
    STORING = "storing", _("being stored")
    STORED = "stored", _("stored")
    UNDOING = "undoing", _("being undone")
    UNDONE = "undone", _("undone")


class OrganisationImportQuerySet(models.QuerySet["OrganisationImport"]):
    def visible_to(self, user: Any) -> "OrganisationImportQuerySet":
        return self if user.is_authenticated and user.is_staff else self.none()


class OrganisationImport(models.Model):
    """A file of organisations: looked at, stored without its faulty rows, and undone where that was a mistake."""

    State = OrganisationImportState

    file = models.FileField(_("file"), upload_to="organisations/%Y/%m/", blank=True)
    file_name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256"))
    contents = models.JSONField(_("what was seen in it"), default=dict, blank=True)
    """`header`, the first `rows`, and the `texts` of each column: null where they are too many to be listed."""
    mapping = models.JSONField(_("what its columns mean"), default=dict, blank=True)
    """Empty as long as nobody has said it."""
    mapping_name = models.CharField(_("mapping"), max_length=120, blank=True)
    source_name = models.CharField(_("source"), max_length=200, blank=True)
    source_licence = models.CharField(_("licence"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=OrganisationImportState)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_left_out = models.PositiveIntegerField(_("rows that the mapping leaves out"), default=0)
    rows_new = models.PositiveIntegerField(_("new organisations"), default=0)
    rows_changed = models.PositiveIntegerField(_("changed organisations"), default=0)
    rows_same = models.PositiveIntegerField(_("unchanged organisations"), default=0)
    rows_refused = models.PositiveIntegerField(_("refused rows"), default=0)
    problems = models.JSONField(_("problems"), default=list, help_text=_("[[code, line, column, value], …]"))
    writes_to_them = models.BooleanField(_("writes to the new organisations"), default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    """Who left to a worker what it is doing."""
    attempts = models.PositiveSmallIntegerField(_("attempts of the worker"), default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("imported at"), auto_now_add=True)
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    stored_at = models.DateTimeField(_("stored at"), null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    rows_stayed = models.PositiveIntegerField(_("organisations that stayed when it was undone"), default=0)
    stayed = models.JSONField(_("names of some that stayed"), default=list, blank=True)

    objects = OrganisationImportQuerySet.as_manager()

    DAYS_KEPT = 60
    """A file of which nothing was stored is removed so long after it came in."""
    MAX_ATTEMPTS = 3
    WITH_WORKER = (State.CHECKING, State.STORING, State.UNDOING)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("import of organisations")
        verbose_name_plural = _("imports of organisations")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["received", "checking", "checked", "storing"])
                | Q(stored_at__isnull=False, stored_by__isnull=False),
                name="organisation_import_stored_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["checking", "storing", "undoing"]) | Q(asked_by__isnull=False),
                name="organisation_import_at_work_is_asked",
            ),
            models.CheckConstraint(
                condition=~Q(state="undone") | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="organisation_import_undone_is_signed",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="organisations_one_step_after_another",
                field="state",
                transitions=[
                    ("received", "checking"),
                    ("received", "checked"),
                    ("checking", "checked"),
                    ("checked", "checking"),
                    ("checked", "storing"),
                    ("storing", "checked"),
                    ("checked", "stored"),
                    ("storing", "stored"),
                    ("stored", "undoing"),
                    ("undoing", "stored"),
                    ("stored", "undone"),
                    ("undoing", "undone"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("orgs:organisation_import_detail", args=[self.pk])

    @property
    def mapping_title(self) -> str:
        return self.mapping_name

    @property
    def is_with_worker(self) -> bool:
        return self.state in self.WITH_WORKER

    @property
    def rows_done(self) -> int:
        """Organisations that it brought or changed."""
        return self.rows_new + self.rows_changed

    @property
    def is_open(self) -> bool:
        """What its columns mean can be said still."""
        return self.state in (self.State.RECEIVED, self.State.CHECKED)

    @property
    def counts(self) -> list[tuple[Any, int]]:
        return [
            (_("new organisations"), self.rows_new),
            (_("changed organisations"), self.rows_changed),
            (_("refused rows"), self.rows_refused),
        ]

    @property
    def does_something(self) -> bool:
        return self.rows_done > 0


class OrganisationMapping(models.Model):
    """What the columns of a kind of file mean, kept under a name for its next edition."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    definition = models.JSONField(_("definition"))

    class Meta:
        ordering = ["name"]
        verbose_name = _("mapping of organisations")
        verbose_name_plural = _("mappings of organisations")

    def __str__(self) -> str:
        return self.name


class ImportedOrganisation(models.Model):
    """What a file did to an organisation, so that it can be undone."""

    batch = models.ForeignKey(OrganisationImport, models.CASCADE, related_name="done")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="brought_in")
    line = models.PositiveIntegerField(_("line"))
    before = models.JSONField(_("before"), null=True, blank=True)
    """{fact: value}; None for an organisation that was new."""
    after = models.JSONField(_("after"))

    class Meta:
        ordering = ["batch", "line"]
        verbose_name = _("imported organisation")
        verbose_name_plural = _("imported organisations")
        constraints = [models.UniqueConstraint("batch", "organisation", name="imported_organisation_once")]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.line})"
