"""Accepting what the quality rules found."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import Finding, ImportBatch
from indicators.permissions import can_decide_import
from indicators.quality import checks
from orgs.models import User


@transaction.atomic
def accept_findings(
    *, batch: ImportBatch, reason: str, rule: str = "", finding: Finding | None = None, by: User | None
) -> int:
    """Says of one finding, of all of a rule, or (with neither) of all that are open why the figure is right all the same; how many.

    Who, when and why stay with the batch. Those that are accepted already keep the reason that they have.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why the figure is right.")})
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != ImportBatch.State.STORED:
        raise ValidationError(
            _("This import is already in the state “%(state)s”."), params={"state": batch.get_state_display()}
        )
    if by is not None and not can_decide_import(by, batch):
        raise PermissionDenied
    if batch.examined_at is None:  # Stored before every way in asked the rules.
        checks.examine(batch)
    found = Finding.objects.filter(batch=batch).open()
    if rule:
        found = found.filter(rule=rule)
    if finding is not None:
        found = found.filter(pk=finding.pk)
    return found.update(accepted_by=by, accepted_at=timezone.now(), reason=reason[:500])
