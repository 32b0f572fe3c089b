from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models.organisation import Organisation


class OrganisationMerge(models.Model):
    """That one entry of the registry turned out to be another: what moved over, so that it can be undone."""

    gone = models.ForeignKey(Organisation, models.PROTECT, related_name="merges_away")
    kept = models.ForeignKey(Organisation, models.PROTECT, related_name="merges_here")
    reason = models.CharField(_("reason"), max_length=500)
    moved = models.JSONField(default=dict, editable=False)
    """{model and field: ids of the rows that now belong to the kept one}."""
    identifiers = models.JSONField(default=dict, editable=False)
    """{register: number} that the kept one has from the other."""
    places = models.JSONField(default=dict, editable=False)
    """{what is in a place: its places before, and after}, of all whose place the merge has changed."""
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="merges")
    merged_at = models.DateTimeField(_("merged at"), default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="merges_undone", null=True, blank=True
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        ordering = ["-merged_at", "-pk"]
        verbose_name = _("merge of organisations")
        verbose_name_plural = _("merges of organisations")
        constraints = [
            models.UniqueConstraint(
                "gone",
                name="merge_away_once",
                condition=Q(undone_at=None),
                violation_error_message=_("This organisation has been merged already."),
            ),
            models.CheckConstraint(
                condition=~Q(gone=F("kept")),
                name="merge_of_two",
                violation_error_message=_("Choose another organisation."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undoing_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone} → {self.kept}"
