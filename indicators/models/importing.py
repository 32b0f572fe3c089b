import datetime
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import resolution_order

from orgs.models import Organisation
from orgs.naming import NOT_OF_THE_WEB, blank_or_of_the_web, web_address


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Source(models.Model):
    """Who published the figures, and under which licence. Shown beside every figure drawn from it."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    licence = models.CharField(_("licence"), max_length=120, blank=True)
    url = models.URLField(_("address"), blank=True, validators=[web_address])
    is_sample = models.BooleanField(
        _("made up"), default=False, help_text=_("Its figures are samples and are marked as such.")
    )
    typed_by = models.ForeignKey(
        Organisation, models.PROTECT, related_name="typed_sources", verbose_name=_("typed by"), null=True, blank=True
    )
    """The authority whose typed figures are of this source, whatever either is called by now."""
    reported_to = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="report_sources",
        verbose_name=_("reported to"),
        null=True,
        blank=True,
    )
    """The same of what organisations report to an authority."""

    class Meta:
        ordering = ["name"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.CheckConstraint(
                condition=blank_or_of_the_web("url"),
                name="source_url_of_the_web",
                violation_error_message=NOT_OF_THE_WEB,
            ),
            # Partial, so that tying a source disturbs nobody who brings figures of it in.
            models.UniqueConstraint(
                "typed_by",
                name="source_one_for_what_an_authority_types",
                condition=Q(typed_by__isnull=False),
                violation_error_message=_("What this authority types has a source already."),
            ),
            models.UniqueConstraint(
                "reported_to",
                name="source_one_for_what_is_reported_to_an_authority",
                condition=Q(reported_to__isnull=False),
                violation_error_message=_("What is reported to this authority has a source already."),
            ),
            models.CheckConstraint(
                condition=Q(typed_by=None) | Q(reported_to=None),
                name="source_typed_or_reported",
                violation_error_message=_("A source is of what an authority types, or of what is reported to it."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SavedMapping(models.Model):
    """Which column of a kind of file says what (docs/formats.md). Saved once, used for every edition of the file."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    definition = models.JSONField(_("definition"))

    class Meta:
        ordering = ["name"]
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What people call the kind of file, in the reader's language where the definition says it."""
        return title_in(self.definition) or self.name


def title_in(definition: dict[str, Any]) -> str:
    """The title that a mapping gives itself, in the reader's language or else the portal's, or any; "" where it has none."""
    titles = definition.get("title")
    if not isinstance(titles, dict):  # A refused file keeps the mapping that it came with, whatever that holds.
        return ""
    return str(next((titles[code] for code in resolution_order(get_language() or "") if titles.get(code)), ""))


class ImportState(models.TextChoices):
    DRAFT = "draft", _("draft")
    RECEIVED = "received", _("to be described")
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked, nothing stored")
    STORING = "storing", _("being stored")
    REFUSED = "refused", _("refused")
    STORED = "stored", _("to be approved")
    APPROVING = "approving", _("being approved")
    APPROVED = "approved", _("approved")
    UNDOING = "undoing", _("being undone")
    UNDONE = "undone", _("undone")


NEXT = {
    ImportState.DRAFT: (ImportState.STORED, ImportState.UNDONE),
    ImportState.RECEIVED: (ImportState.CHECKING, ImportState.CHECKED, ImportState.REFUSED, ImportState.UNDONE),
    ImportState.CHECKING: (ImportState.CHECKED, ImportState.REFUSED),
    ImportState.REFUSED: (ImportState.CHECKING, ImportState.CHECKED),
    ImportState.CHECKED: (ImportState.CHECKING, ImportState.REFUSED, ImportState.STORING, ImportState.STORED),
    ImportState.STORING: (ImportState.STORED, ImportState.CHECKING, ImportState.CHECKED),
    ImportState.STORED: (ImportState.APPROVING, ImportState.APPROVED, ImportState.UNDOING, ImportState.UNDONE),
    ImportState.APPROVING: (ImportState.APPROVED, ImportState.STORED),
    ImportState.APPROVED: (ImportState.UNDOING, ImportState.UNDONE),
    ImportState.UNDOING: (ImportState.UNDONE, ImportState.STORED, ImportState.APPROVED),
}
"""For each state those that may follow: no other step is taken, whoever asks for it."""


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user: settings.AUTH_USER_MODEL) -> "ImportBatchQuerySet":  # type: ignore[name-defined]
        """Those of the authorities where one is steward or manager."""
        if user.is_staff:
            return self
        return self.filter(
            authority__in=user.memberships.acting().filter(role__in=["steward", "manager"]).values("organisation")
        )


class ImportBatch(models.Model):
    """One file brought in by one authority: checked, stored as submitted observations, then approved or undone as a whole.

    What people typed, and what an organisation reported, goes the same way: a batch without a file.
    """

    class Kind(models.TextChoices):
        FILE = "file", _("file")
        ENTRY = "entry", _("typed")
        REPORT = "report", _("report")

    State = ImportState

    authority = models.ForeignKey(
        Organisation, models.PROTECT, related_name="imports", verbose_name=_("authority"), null=True, blank=True
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="imports", null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.FILE)
    mapping = models.JSONField(_("mapping"))
    mapping_name = models.CharField(_("mapping"), max_length=120, blank=True)
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", blank=True)
    file_name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256"))
    state = models.CharField(_("state"), max_length=10, choices=State)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_left_out = models.PositiveIntegerField(_("rows left out by the mapping"), default=0)
    cells_new = models.PositiveIntegerField(_("new cells"), default=0)
    cells_changed = models.PositiveIntegerField(_("changed cells"), default=0)
    cells_same = models.PositiveIntegerField(_("unchanged cells"), default=0)
    problems = models.PositiveIntegerField(_("problems"), default=0)
    contents = models.JSONField(
        _("contents"), null=True, blank=True, help_text=_("What was found in a file that is being described.")
    )
    unused_columns = models.JSONField(
        _("columns that the mapping does not use"),
        default=list,
        blank=True,
        help_text=_(
            "[[name, the first text in it], …]. A column that divides the figures is a group missing from the mapping."
        ),
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("step asked for by"),
        help_text=_("Of the step that a worker takes. None for the shell."),
        null=True,
        blank=True,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports", null=True, blank=True
    )
    created_at = models.DateTimeField(_("imported at"), auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    examined_at = models.DateTimeField(_("quality examined at"), null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    DESCRIBABLE = (ImportState.RECEIVED, ImportState.REFUSED, ImportState.CHECKED)
    """While nothing of the file is stored, what its columns mean may be changed."""
    WITH_WORKER = (ImportState.CHECKING, ImportState.STORING, ImportState.APPROVING, ImportState.UNDOING)
    """A worker takes the step, or will."""
    PASSING = (ImportState.RECEIVED, ImportState.REFUSED)
    DAYS_KEPT = 60
    """A file that was refused, or that nobody described, is removed so long after it came in."""
    MAX_ATTEMPTS = 3
    """Of a worker, to take one step: what kills its workers is given up in the end."""

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["stored", "approved"]) | Q(problems=0, source__isnull=False),
                name="import_stored_without_problems",
                violation_error_message=_("A file with problems is not stored."),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="one_step_after_another",
                field="state",
                transitions=[(before, after) for before, states in NEXT.items() for after in states],
            ),
            # Whose figures may be in it follows from who brought it in.
            pgtrigger.Trigger(
                name="stays_with_its_authority",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("authority_id"),
                condition=pgtrigger.Condition(
                    "OLD.authority_id IS NOT NULL AND OLD.authority_id IS DISTINCT FROM NEW.authority_id"
                ),
                func=pgtrigger.Func(
                    "RAISE EXCEPTION 'An import stays with who brought it in.' "
                    "USING ERRCODE = 'check_violation', CONSTRAINT = 'import_stays_with_its_authority';"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("indicators:import_detail", args=[self.pk])

    @property
    def mapping_title(self) -> str:
        """What people call the kind of file, as `SavedMapping.title`; "" where the columns are not described yet."""
        return title_in(self.mapping) or self.mapping_name

    @property
    def counts(self) -> list[tuple[Any, int]]:
        return [(_("New"), self.cells_new), (_("Changed"), self.cells_changed), (_("Problems"), self.problems)]

    @property
    def source_words(self) -> str:
        """Whose figures, with the licence: as the portal keeps it, or as a mapping says while nothing is stored."""
        given = self.mapping.get("source") if isinstance(self.mapping, dict) else None
        said = given if isinstance(given, dict) else {}
        name, licence = (
            (self.source.name, self.source.licence) if self.source else (said.get("name"), said.get("licence"))
        )
        return f"{name} ({licence})" if name and licence else str(name or "–")

    @property
    def file_goes_on(self) -> datetime.date | None:
        """The day on which the file is removed; None where it stays, since figures came of it or may yet, or is gone already."""
        if self.kind != self.Kind.FILE or self.state not in self.PASSING or not self.file:
            return None
        return timezone.localdate(self.created_at + datetime.timedelta(days=self.DAYS_KEPT))

    @property
    def file_is_gone(self) -> bool:
        """Of a file that was refused: it was no table, or its time is over."""
        return self.kind == self.Kind.FILE and self.state == self.State.REFUSED and not self.file

    @property
    def is_with_worker(self) -> bool:
        return self.state in self.WITH_WORKER

    @property
    def was_read(self) -> bool:
        """Whether a check has counted what is in the file."""
        return self.state not in (self.State.RECEIVED, self.State.CHECKING)

    @property
    def can_be_described(self) -> bool:
        """Whether its columns may be given a meaning in the browser: the file is kept and nothing of it is stored."""
        return self.kind == self.Kind.FILE and bool(self.file) and self.state in self.DESCRIBABLE


class ImportMessage(models.Model):
    """What is wrong with a file, where and how often: the first place it occurs, and the number of rows like it."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="messages")
    code = models.CharField(max_length=30)
    line = models.PositiveIntegerField(_("line"), null=True, blank=True)
    column = models.CharField(_("column"), max_length=120, blank=True)
    value = models.CharField(_("value"), max_length=120, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=1)

    class Meta:
        ordering = ["line", "pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return f"{self.code} {self.line}"
